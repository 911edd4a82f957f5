/* Expressions - what Apache Flink answers to expressions, row by row.
 *
 * A file names columns and rows, and holds expressions, one a line; those that
 * have no answer yet are asked, and the file is written again with the answers.
 * tests/vectors/expressions/README.md describes it.
 *
 * SPDX-License-Identifier: ISC */
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

class Expressions {
	/* Expressions asked by one job, as long as none of them fails. */
	static final int MANY = 32;

	/* where: the values are whether a row passes it as a condition. */
	static class Case {
		final boolean where;
		final String text;
		String type;
		final List<String> values = new ArrayList<>();

		Case(String kind, String text) {
			where = kind.equals("where");
			this.text = text;
		}

		void refuse(String stage, Throwable why) {
			type = "!" + stage + " " + cause(why);
			values.clear();
		}

		String line() {
			String start = (where ? "where\t" : "expr\t") + text + "\t" + type;

			return values.isEmpty() ? start : start + "\t" + String.join("\t", values);
		}
	}

	/* The job runs in this process, so its rows can be left here. */
	static class Keeper extends ProcessFunction<Row, Integer> {
		static final List<Row> rows = Collections.synchronizedList(new ArrayList<>());

		@Override
		public void processElement(Row row, Context context, Collector<Integer> none) {
			rows.add(row);
		}
	}

	final Flink.Environment environment;
	final StreamTableEnvironment tables;
	final Path work;
	final List<String> rows = new ArrayList<>();
	String columns;

	Expressions(MiniCluster cluster, Configuration c, Path work) {
		this.work = work;
		environment = new Flink.Environment(cluster, c);
		tables = StreamTableEnvironment.create(environment,
		    EnvironmentSettings.newInstance().withConfiguration(c).inStreamingMode().build());
	}

	/* The innermost cause says what went wrong, in its first line. */
	static String cause(Throwable t) {
		while (t.getCause() != null && t.getCause() != t)
			t = t.getCause();
		String says = String.valueOf(t.getMessage()).strip().split("\n")[0].replace('\t', ' ');

		says = t.getClass().getSimpleName() + ": "
		    + (says.length() > 160 ? says.substring(0, 160) : says);
		return says.replaceAll("\\p{Cs}|\\p{Cc}", "?");
	}

	void create(String name, List<String> of) throws Exception {
		Path file = work.resolve(name);

		Files.writeString(file, String.join("\n", of) + "\n");
		tables.executeSql("CREATE TEMPORARY TABLE `" + name + "` (" + columns
		    + ") WITH ('connector' = 'filesystem', 'path' = '" + file
		    + "', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')");
	}

	/* A fault before a row is read: the text, its types, or the generated code. */
	static class Refused extends Exception {
		Refused(Throwable why) {
			super(why);
		}
	}

	List<Row> ask(List<Case> cases, String table) throws Exception {
		String select = IntStream.range(0, cases.size())
		    .mapToObj(i -> cases.get(i).text + " AS c" + i).collect(Collectors.joining(", "));

		return query("SELECT " + select + " FROM `" + table + "`");
	}

	List<Row> query(String select) throws Exception {
		environment.forget();
		Keeper.rows.clear();
		try {
			tables.toDataStream(tables.sqlQuery(select)).process(new Keeper());
			environment.getStreamGraph(false).getJobGraph();
		} catch (Exception | AssertionError | StackOverflowError e) {
			throw new Refused(e);
		}
		environment.executeAsync().getJobExecutionResult().get();
		return List.copyOf(Keeper.rows);
	}

	/* Many at once; where that fails, each half; one that fails, row by row. */
	void answer(List<Case> cases) throws Exception {
		try {
			List<Row> answers = ask(cases, "all");

			for (int i = 0; i < cases.size(); i++)
				for (Row row : answers)
					cases.get(i).values.add(json(row.getField(i)));
			return;
		} catch (Exception e) {
			if (cases.size() == 1 && e instanceof Refused) {
				cases.get(0).refuse("plan", e);
				return;
			}
		}
		if (cases.size() > 1) {
			int half = cases.size() / 2;

			answer(cases.subList(0, half));
			answer(cases.subList(half, cases.size()));
			return;
		}
		for (int i = 0; i < rows.size(); i++) {
			try {
				cases.get(0).values.add(json(ask(cases, "row" + i).get(0).getField(0)));
			} catch (Exception e) {
				/* Generated code is compiled when the job starts. */
				if (cause(e).startsWith("CompileException")) {
					cases.get(0).refuse("plan", e);
					return;
				}
				cases.get(0).values.add("!" + cause(e));
			}
		}
	}

	void filter(Case c) {
		for (int i = 0; i < rows.size(); i++) {
			try {
				boolean passes = !query("SELECT 1 FROM `row" + i + "` WHERE " + c.text).isEmpty();

				c.values.add(String.valueOf(passes));
			} catch (Exception e) {
				c.values.add("!" + cause(e));
			}
		}
	}

	/* Half a pair, which some functions leave, has no UTF-8. */
	static String text(String s) {
		StringBuilder out = new StringBuilder("\"");

		s.codePoints().forEach(c -> {
			if (c == '"' || c == '\\')
				out.append('\\').append((char)c);
			else if (c < ' ' || c >= 0xD800 && c < 0xE000)
				out.append(String.format("\\u%04X", c));
			else
				out.appendCodePoint(c);
		});
		return out.append('"').toString();
	}

	static final DateTimeFormatter TIME = new DateTimeFormatterBuilder().appendPattern("HH:mm:ss")
	    .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true).toFormatter();
	static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
	    .append(DateTimeFormatter.ISO_LOCAL_DATE).appendLiteral('T').append(TIME).toFormatter();

	static String json(Object o) {
		if (o == null || o instanceof Boolean || o instanceof Byte || o instanceof Short
		    || o instanceof Integer || o instanceof Long)
			return String.valueOf(o);
		if (o instanceof BigDecimal)
			return ((BigDecimal)o).toPlainString();
		if (o instanceof Double || o instanceof Float)
			return Double.isFinite(((Number)o).doubleValue()) ? o.toString() : text(o.toString());
		if (o instanceof LocalDateTime)
			return text(DATE_TIME.format((LocalDateTime)o));
		if (o instanceof Instant)
			return text(DATE_TIME.format(((Instant)o).atOffset(ZoneOffset.UTC)) + "Z");
		if (o instanceof LocalTime)
			return text(TIME.format((LocalTime)o));
		return text(o.toString());
	}

	/* The type of an empty text has no name of this kind. */
	static String name(LogicalType type) {
		try {
			return type.asSerializableString();
		} catch (TableException e) {
			return type.asSummaryString();
		}
	}

	void read(Path file, List<String> lines, List<Object> out) throws Exception {
		for (String line : lines) {
			String[] cell = line.split("\t", 4);

			out.add(line);
			if (cell[0].equals("columns")) {
				columns = cell[1];
			} else if (cell[0].equals("row")) {
				rows.add(cell[1]);
			} else if (cell[0].equals("set")) {
				tables.getConfig().set(cell[1], cell[2]);
			} else if (cell[0].equals("expr") || cell[0].equals("where")) {
				if (cell.length == 2)
					out.set(out.size() - 1, new Case(cell[0], cell[1]));
			} else if (!cell[0].startsWith("#") && !line.isEmpty()) {
				throw new Exception(file + ": " + line);
			}
		}
	}

	void record(Path file) throws Exception {
		List<Object> out = new ArrayList<>();
		List<Case> open = new ArrayList<>();

		read(file, Files.readAllLines(file), out);
		create("all", rows);
		for (int i = 0; i < rows.size(); i++)
			create("row" + i, List.of(rows.get(i)));
		for (Object o : out) {
			if (!(o instanceof Case))
				continue;
			Case c = (Case)o;

			try {
				Table table = tables.sqlQuery("SELECT " + c.text + " AS c FROM `all`");

				c.type = name(table.getResolvedSchema().getColumn(0).get().getDataType()
				    .getLogicalType());
				if (c.where)
					filter(c);
				else
					open.add(c);
			} catch (Exception | AssertionError | StackOverflowError e) {
				c.refuse("plan", e);
			}
		}
		for (int i = 0; i < open.size(); i += MANY)
			answer(open.subList(i, Math.min(i + MANY, open.size())));
		Files.write(file, out.stream().map(o -> o instanceof Case ? ((Case)o).line() : (String)o)
		    .collect(Collectors.toList()));
	}

	/* Flink prints code that does not compile, where it should print nothing. */
	static void record(MiniCluster cluster, Path file) throws Exception {
		PrintStream stdout = System.out;
		Path work = Files.createTempDirectory("windowpipe-flink.");

		try {
			System.setOut(new PrintStream(OutputStream.nullOutputStream()));
			new Expressions(cluster, Flink.settings(1), work).record(file);
			stdout.println("recorded " + file);
		} finally {
			System.setOut(stdout);
			List<Path> all = Flink.below(work);

			for (int i = all.size() - 1; i >= 0; i--)
				Files.delete(all.get(i));
		}
	}
}
