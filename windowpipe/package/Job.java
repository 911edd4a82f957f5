// Job - runs job.sql on Apache Flink: a jar of it for any cluster.
// SPDX-License-Identifier: ISC

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;

public final class Job {
	private static final File MANAGED = new File("/etc/flink/application_properties.json");

	/* A token of SQL: a comment, a text, a quoted name, a placeholder, or one
	   character. */
	private static final Pattern TOKEN = Pattern.compile(
	    "--[^\\n]*|/\\*.*?\\*/|\\$\\{[^}]*\\}|'(?:[^']|'')*'|`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"|.",
	    Pattern.DOTALL);
	private static final Pattern PLACE = Pattern.compile(
	    "\\$\\{(.*?)(?::-(.*?))?\\}", Pattern.DOTALL);
	private static final Pattern WRAPPER = Pattern.compile(
	    "^(?:EXECUTE\\s+STATEMENT\\s+SET\\s+BEGIN|BEGIN\\s+STATEMENT\\s+SET|END)\\b\\s*",
	    Pattern.CASE_INSENSITIVE);
	private static final Pattern SET = Pattern.compile(
	    "SET\\s+'((?:[^']|'')*)'\\s*=\\s*'((?:[^']|'')*)'", Pattern.CASE_INSENSITIVE);
	private static final Pattern INSERT = Pattern.compile("INSERT\\b.*",
	    Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	public static void main(String[] args) throws Exception {
		TableEnvironment env = TableEnvironment.create(
		    EnvironmentSettings.inStreamingMode());
		StatementSet inserts = env.createStatementSet();

		for (String statement : statements(read("job.sql"), properties())) {
			Matcher set = SET.matcher(statement);

			if (set.matches())
				env.getConfig().set(set.group(1).replace("''", "'"),
				    set.group(2).replace("''", "'"));
			else if (INSERT.matcher(statement).matches())
				inserts.addInsertSql(statement);
			else
				env.executeSql(statement);
		}
		inserts.execute();
	}

	/* The statements, without comments, with their properties filled in. */
	static List<String> statements(String sql, Map<String, String> properties) {
		List<String> all = new ArrayList<>();
		StringBuilder one = new StringBuilder();
		Matcher token = TOKEN.matcher(sql + ";");

		while (token.find()) {
			String t = token.group();

			if (t.startsWith("--") || t.startsWith("/*")) {
				one.append(' ');
			} else if (t.equals(";")) {
				String statement = WRAPPER.matcher(one.toString().trim())
				    .replaceFirst("").trim();

				if (statement.length() > 0)
					all.add(statement);
				one.setLength(0);
			} else {
				one.append(fill(t, properties));
			}
		}
		return all;
	}

	/* The token with its placeholders filled, a property's quotes doubled. */
	static String fill(String text, Map<String, String> properties) {
		StringBuilder filled = new StringBuilder();
		Matcher place = PLACE.matcher(text);
		String quote = "'`\"".indexOf(text.charAt(0)) == -1 ? "" : text.substring(0, 1);

		while (place.find()) {
			String name = place.group(1);
			String value = properties.get(name);

			if (value == null && place.group(2) == null)
				throw new IllegalArgumentException("the properties have no " + name);
			if (value != null && !quote.isEmpty())
				value = value.replace(quote, quote + quote);
			place.appendReplacement(filled, Matcher.quoteReplacement(
			    value == null ? place.group(2) : value));
		}
		return place.appendTail(filled).toString();
	}

	/* Those of Managed Flink, else of the file that was packaged. */
	private static Map<String, String> properties() throws IOException {
		Map<String, String> all = new HashMap<>();
		String json = MANAGED.exists()
		    ? new String(Files.readAllBytes(MANAGED.toPath()), StandardCharsets.UTF_8)
		    : read("application_properties.json");

		for (JsonNode group : new ObjectMapper().readTree(json))
			group.get("PropertyMap").fields().forEachRemaining(property ->
			    all.put(group.get("PropertyGroupId").asText() + "." + property.getKey(),
			        property.getValue().asText()));
		return all;
	}

	private static String read(String resource) throws IOException {
		try (InputStream in = Job.class.getResourceAsStream("/" + resource)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}
}
