/* Flink - runs SQL on an embedded Apache Flink.
 *
 *   record CASE...     runs CASE/flink.sql over CASE/input.ndjson, writes
 *                      expected.ndjson and late, or error.txt; and version,
 *                      if it is not that of most cases
 *   expressions FILE...  asks the expressions of FILE that have no answer yet
 *   run CONF, statements CLASSES SQL PROPERTIES   see Client.java
 *
 * SPDX-License-Identifier: ISC */
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.metrics.MetricRegistryConfiguration;
import org.apache.flink.runtime.metrics.MetricRegistryImpl;
import org.apache.flink.runtime.metrics.groups.AbstractMetricGroup;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

public class Flink {
	static final String VERSION = EnvironmentInformation.getVersion();

	/* Counters outlive their job only where somebody keeps them. */
	static class Registry extends MetricRegistryImpl {
		final Map<String, List<Counter>> late = new ConcurrentHashMap<>();

		Registry(MetricRegistryConfiguration c) {
			super(c);
		}

		@Override
		public void register(Metric metric, String name, AbstractMetricGroup group) {
			if (metric instanceof Counter && name.equals("numLateRecordsDropped"))
				late.computeIfAbsent(job(group), job -> new CopyOnWriteArrayList<>())
				    .add((Counter)metric);
			super.register(metric, name, group);
		}

		private static String job(MetricGroup group) {
			return group.getAllVariables().get("<job_id>");
		}

		long late(JobClient job) {
			return late.getOrDefault(job.getJobID().toString(), List.of())
			    .stream().mapToLong(Counter::getCount).sum();
		}
	}

	static class Cluster extends MiniCluster {
		Registry registry;

		Cluster(Configuration c, int slots) {
			super(new MiniClusterConfiguration.Builder().setConfiguration(c)
			    .setNumTaskManagers(1).setNumSlotsPerTaskManager(slots).build());
		}

		@Override
		protected MetricRegistryImpl createMetricRegistry(Configuration c, long limit) {
			registry = new Registry(MetricRegistryConfiguration.fromConfiguration(c, limit));
			return registry;
		}
	}

	/* One cluster for all jobs: starting one takes as long as a small job. */
	static class Environment extends StreamExecutionEnvironment {
		final MiniCluster cluster;

		Environment(MiniCluster cluster, Configuration c) {
			super(c);
			this.cluster = cluster;
		}

		void forget() {
			transformations.clear();
		}

		@Override
		public JobClient executeAsync(StreamGraph graph) throws Exception {
			JobGraph job = graph.getJobGraph();

			cluster.submitJob(job).get();
			return new MiniClusterJobClient(job.getJobID(), cluster, getClass().getClassLoader(),
			    MiniClusterJobClient.JobFinalizationBehavior.NOTHING);
		}
	}

	static Configuration settings(int parallelism) {
		Configuration c = new Configuration();

		c.setString("execution.runtime-mode", "STREAMING");
		c.setString("parallelism.default", "" + parallelism);
		c.setString("table.local-time-zone", "UTC");
		c.setString("state.backend.type", "hashmap");
		c.setString("restart-strategy.type", "none");
		c.setString("rest.bind-port", "0");
		return c;
	}

	/* Statements end in ; at the end of a line; the last one is waited for. */
	static JobClient run(MiniCluster cluster, Configuration c, Path sql, Path in, Path out)
	    throws Exception {
		StreamTableEnvironment tables = StreamTableEnvironment.create(new Environment(cluster, c),
		    EnvironmentSettings.newInstance().withConfiguration(c).inStreamingMode().build());
		String text = Files.readString(sql).replace("${input}", in.toAbsolutePath().toString())
		    .replace("${output}", out.toAbsolutePath().toString());
		TableResult last = null;

		for (String statement : text.split(";[ \t]*(\n|$)")) {
			String s = statement.strip();

			if (s.startsWith("SET "))
				tables.getConfig().set(s.split("'")[1], s.split("'")[3]);
			else if (!s.isEmpty())
				last = tables.executeSql(s);
		}
		last.await();
		return last.getJobClient().get();
	}

	static void record(Cluster cluster, Path dir) throws Exception {
		Configuration c = settings(1);
		Path out = Files.createTempDirectory("windowpipe-flink.");

		/* The watermark moves with every row. */
		c.setString("pipeline.auto-watermark-interval", "0");
		for (String name : List.of("expected.ndjson", "late", "error.txt", "version"))
			Files.deleteIfExists(dir.resolve(name));
		if (!VERSION.equals("1.20.0"))
			Files.writeString(dir.resolve("version"), VERSION + "\n");
		try {
			JobClient job = run(cluster, c, dir.resolve("flink.sql"),
			    dir.resolve("input.ndjson"), out);

			try (OutputStream to = Files.newOutputStream(dir.resolve("expected.ndjson"))) {
				for (Path part : below(out))
					if (Files.isRegularFile(part))
						Files.copy(part, to);
			}
			Files.writeString(dir.resolve("late"), cluster.registry.late(job) + "\n");
			System.out.println("recorded " + dir);
		} catch (Exception | AssertionError | StackOverflowError e) {
			StringBuilder causes = new StringBuilder();

			for (Throwable t = e; t != null; t = t.getCause())
				causes.append(t).append('\n');
			Files.writeString(dir.resolve("error.txt"), causes);
			System.out.println("error " + dir);
		} finally {
			List<Path> all = below(out);

			for (int i = all.size() - 1; i >= 0; i--)
				Files.delete(all.get(i));
		}
	}

	static List<Path> below(Path dir) throws Exception {
		try (Stream<Path> all = Files.walk(dir)) {
			return all.sorted(Comparator.naturalOrder()).collect(Collectors.toList());
		}
	}

	public static void main(String[] args) throws Exception {
		if (args[0].equals("run"))
			System.exit(Client.run(args[1]));
		if (args[0].equals("statements")) {
			Client.statements(Path.of(args[1]), Path.of(args[2]), Path.of(args[3]));
			System.exit(0);
		}

		Cluster cluster = new Cluster(settings(1), 1);

		cluster.start();
		for (int i = 1; i < args.length; i++) {
			if (args[0].equals("expressions"))
				Expressions.record(cluster, Path.of(args[i]));
			else
				record(cluster, Path.of(args[i]));
		}
		cluster.close();
		System.exit(0);
	}
}
