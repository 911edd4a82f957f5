/* Client - jobs for a cluster that runs, as flink run submits them, many by one
 * process; and the statements that a package's Job makes of a text.
 * SPDX-License-Identifier: ISC */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.client.cli.CliFrontend;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

class Client {
	/* Each line of stdin is a jar; what flink run says of it follows its name. */
	static int run(String conf) throws Exception {
		Configuration c = GlobalConfiguration.loadConfiguration(conf);
		CliFrontend flink = new CliFrontend(c, CliFrontend.loadCustomCommandLines(c, conf));
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		int status = 0;

		for (String jar = in.readLine(); jar != null; jar = in.readLine()) {
			System.out.println("jar " + jar);
			System.err.println("jar " + jar);
			status |= flink.parseAndRun(new String[] { "run", "-d", jar });
		}
		return status;
	}

	/* A NUL behind each. */
	static void statements(Path classes, Path sql, Path properties) throws Exception {
		try (URLClassLoader loader = new URLClassLoader(new URL[] { classes.toUri().toURL() },
		         Client.class.getClassLoader())) {
			Method statements = loader.loadClass("Job")
			    .getDeclaredMethod("statements", String.class, Map.class);
			Map<?, ?> values = new ObjectMapper().readValue(properties.toFile(), Map.class);

			statements.setAccessible(true);
			for (Object one : (List<?>)statements.invoke(null, Files.readString(sql), values))
				System.out.write((one + "\0").getBytes(StandardCharsets.UTF_8));
			System.out.flush();
		}
	}
}
