package io.ringtail.bench.changes;

import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.bench.TextTable;
import io.ringtail.server.local.LocalCluster;
import io.ringtail.server.local.NodeClient;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench changes}: a cluster of processes that is filled, and then grows, shrinks, has a node replaced and all nodes restarted, while clients go on at a fixed pace:
 * what they feel, compared with what they felt before, how much is moved and how fast, and whether all is there at the end. Confined to the main thread.
 */
@Command(
        name = "changes",
        mixinStandardHelpOptions = true,
        description = {
            "Fills a cluster of processes and changes it under load: a node joins, leaves, is replaced, all are restarted.",
            "Shows what clients feel meanwhile, beside a quiet time, and how much is moved how fast.",
        })
public final class ChangesCommand implements Callable<Integer> {
    private static final int REPLICAS = 3;
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final long LOOK_EVERY_NANOS = 200_000_000;
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long CALM_NANOS_MAX = TimeUnit.MINUTES.toNanos(5);
    /** A cluster is calm when so many looks in a row have found no node flushing or merging. */
    private static final int CALM_LOOKS = 10;
    private static final double MEGABYTE = 1e6;

    /** What is done to the cluster, in this order. */
    enum Change {
        join,
        leave,
        replace,
        restart
    }

    @Option(names = "--nodes", paramLabel = "COUNT", defaultValue = "5", description = "at first (default: ${DEFAULT-VALUE})")
    private int nodes;

    @Option(
            names = "--gigabytes",
            paramLabel = "GB",
            defaultValue = "1",
            description = "of keys and values, each stored three times (default: ${DEFAULT-VALUE})")
    private double gigabytes;

    @Option(names = "--value-size", paramLabel = "BYTES", defaultValue = "1024", description = "default: ${DEFAULT-VALUE}")
    private int valueBytes;

    @Option(names = "--clients", paramLabel = "COUNT", defaultValue = "16", description = "default: ${DEFAULT-VALUE}")
    private int clients;

    @Option(
            names = "--rate",
            paramLabel = "COUNT",
            defaultValue = "1000",
            description = "commands a second, of all clients together (default: ${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--quiet-seconds",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "of the time to compare with (default: ${DEFAULT-VALUE})")
    private int quietSeconds;

    @Option(
            names = "--only",
            paramLabel = "CHANGE",
            split = ",",
            description = "do these only: ${COMPLETION-CANDIDATES}")
    private List<Change> only = new ArrayList<>();

    @Option(names = "--memory-limit", paramLabel = "SIZE", defaultValue = "512mb", description = "of each node (default: ${DEFAULT-VALUE})")
    private String memoryLimit = "";

    @Option(
            names = "--ringtail-option",
            paramLabel = "WORD",
            description = "a further option for 'ringtail server'; may be repeated")
    private List<String> ringtailOptions = new ArrayList<>();

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "7101", description = "of the first node (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(names = "--dir", paramLabel = "DIRECTORY", description = "for the data, which are deleted afterwards (default: the system's)")
    private @Nullable Path directory;

    @Option(names = "--verbose", description = "print what is done to the nodes")
    private boolean verbose;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    private final TextTable table = new TextTable()
            .row("while", "seconds", "answered", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "p99 ratio", "refused", "lost", "wrong", "MB moved", "MB/s", "% of data");
    private double quietP99 = Double.NaN;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Dataset dataset = dataset();
        Set<Change> changes = only.isEmpty() ? EnumSet.allOf(Change.class) : EnumSet.copyOf(only);
        try (TemporaryDirectory data = directory == null
                        ? TemporaryDirectory.create("ringtail-bench-")
                        : TemporaryDirectory.create(directory, "ringtail-bench-");
                LocalCluster cluster = new LocalCluster(data.path().resolve("cluster"), said(out))) {
            List<String> options = new ArrayList<>(List.of("--memory-limit", memoryLimit));
            options.addAll(ringtailOptions);
            boolean right;
            try {
                cluster.up(nodes, port, null, null, null, options);
                right = run(cluster, dataset, changes, out);
            } finally {
                cluster.down(true);
            }
            return right ? 0 : 1;
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        }
    }

    private Dataset dataset() {
        double keys = gigabytes * 1e9 / (valueBytes + Dataset.key(0).length());
        if (nodes < REPLICAS + 1 || nodes > 20 || clients < 1 || rate < 1 || quietSeconds < 1 || !(keys >= 1) || keys > 900e6) {
            throw new ParameterException(
                    spec.commandLine(), "--nodes must be 4 to 20, --gigabytes above 0 and no more than 900 million keys, the others positive");
        }
        try {
            return new Dataset((int) keys, valueBytes);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private PrintStream said(PrintWriter out) {
        return verbose
                ? new PrintStream(
                        new OutputStream() {
                            @Override
                            public void write(int c) {
                                out.write(c);
                                out.flush();
                            }
                        },
                        true,
                        StandardCharsets.US_ASCII)
                : new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.US_ASCII);
    }

    private boolean run(LocalCluster cluster, Dataset dataset, Set<Change> changes, PrintWriter out) throws IOException {
        List<Integer> all = List.copyOf(cluster.ports().values());
        long beganNanos = System.nanoTime();
        dataset.write(all);
        double fillSeconds = (System.nanoTime() - beganNanos) / 1e9;
        out.printf(
                "%d nodes; %,d keys, %.2f GB, written in %.0f s (%.0f MB/s, each byte three times); %d clients, %,d commands a second, half of them SET.%n",
                nodes, dataset.keys(), dataset.bytes() / 1e9, fillSeconds, dataset.bytes() / MEGABYTE / fillSeconds, clients, rate);
        out.flush();
        // Nobody is connected to the last node, which will be replaced: whose node goes has to go elsewhere, and that is not what is measured.
        List<Integer> staying = all.subList(0, nodes - 1);
        long wrong = 0;
        try (PacedClients load = new PacedClients(dataset, clients, rate, staying)) {
            calm(cluster, load);
            wrong += measure("nothing", load, dataset, null, () -> pause(TimeUnit.SECONDS.toNanos(quietSeconds)), out);
            int joined = nodes + 1;
            for (Change change : changes) {
                calm(cluster, load);
                wrong += switch (change) {
                    case join -> measure("a node joins", load, dataset, staying.getFirst(), () -> joinAndSettle(cluster), out);
                    case leave -> measure("a node leaves", load, dataset, staying.getFirst(), () -> {
                        cluster.remove(changes.contains(Change.join) ? joined : nodes, false, Integer.MAX_VALUE);
                        cluster.settle();
                    }, out);
                    case replace -> {
                        int last = cluster.ports().lastKey();
                        yield measure("a node is replaced", load, dataset, staying.getFirst(), () -> {
                            int ignored = cluster.replace(last, Integer.MAX_VALUE);
                            cluster.settle();
                        }, out);
                    }
                    case restart -> measure("all are restarted", load, dataset, null, () -> restartAll(cluster), out);
                };
            }
            calm(cluster, load);
            wrong += measure("nothing, at the end", load, dataset, null, () -> pause(TimeUnit.SECONDS.toNanos(quietSeconds)), out);
        }
        out.println();
        out.print(table);
        long missing = dataset.countWrong(List.copyOf(cluster.ports().values()));
        out.printf("Of %,d keys %,d are missing or wrong.%n", dataset.keys(), missing);
        out.flush();
        return missing == 0 && wrong == 0;
    }

    /** Something that is done to the cluster; it returns when that has come to its end. */
    private interface Doing {
        void run() throws IOException;
    }

    /** Does something, and notes what clients feel meanwhile; how many answers were wrong. */
    private long measure(String name, PacedClients load, Dataset dataset, @Nullable Integer asked, Doing doing, PrintWriter out)
            throws IOException {
        SentBytes sent = new SentBytes();
        if (asked != null) {
            int ignored = sent.look(asked);
        }
        PacedClients.Felt ignored = load.take();
        long beganNanos = System.nanoTime();
        Watch watch = new Watch(sent, asked);
        try (watch) {
            watch.start();
            doing.run();
        }
        double seconds = (System.nanoTime() - beganNanos) / 1e9;
        PacedClients.Felt felt = load.take();
        double p99 = felt.latencies().getValueAtPercentile(99) / 1e6;
        if (Double.isNaN(quietP99)) {
            quietP99 = p99;
        }
        double megabytes = asked == null ? Double.NaN : sent.bytes() / MEGABYTE;
        String[] row = {
            name,
            TextTable.number(seconds),
            String.format("%,d", felt.latencies().getTotalCount()),
            TextTable.number(felt.latencies().getValueAtPercentile(50) / 1e6),
            TextTable.number(p99),
            TextTable.number(felt.latencies().getValueAtPercentile(99.9) / 1e6),
            TextTable.number(felt.latencies().getMaxValue() / 1e6),
            TextTable.number(p99 / quietP99),
            Long.toString(felt.refused()),
            Long.toString(felt.lost()),
            Long.toString(felt.wrong()),
            TextTable.number(megabytes),
            TextTable.number(megabytes / seconds),
            TextTable.number(100 * megabytes * MEGABYTE / (REPLICAS * dataset.bytes()))
        };
        table.row(row);
        out.println(String.join("  ", row) + (felt.lastError().isEmpty() ? "" : "  last error: " + felt.lastError()));
        out.flush();
        return felt.wrong();
    }

    private static void joinAndSettle(LocalCluster cluster) throws IOException {
        int ignored = cluster.add();
        cluster.settle();
    }

    private static void restartAll(LocalCluster cluster) throws IOException {
        for (int number : List.copyOf(cluster.ports().keySet())) {
            cluster.restart(number);
        }
    }

    /** Lets what went before, flushes and merges among it, come to an end. */
    private static void calm(LocalCluster cluster, PacedClients load) throws IOException {
        long deadline = System.nanoTime() + CALM_NANOS_MAX;
        pause(CALM_NANOS);
        for (int calm = 0; calm < CALM_LOOKS && System.nanoTime() - deadline < 0; ) {
            pause(LOOK_EVERY_NANOS);
            calm = isCalm(cluster) ? calm + 1 : 0;
        }
        PacedClients.Felt ignored = load.take();
    }

    private static boolean isCalm(LocalCluster cluster) throws IOException {
        for (int port : cluster.ports().values()) {
            try (NodeClient client = new NodeClient(port, TIMEOUT_MILLIS)) {
                String busy = client.text("INFO", "persistence");
                if (busy.contains("compaction_running:1") || busy.contains("rdb_bgsave_in_progress:1")) {
                    return false;
                }
            }
        }
        return true;
    }

    private static void pause(long nanos) {
        long until = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Looks at what is sent while something else is done: whoever leaves takes its count with it. */
    private static final class Watch implements AutoCloseable {
        private final SentBytes sent;
        private final @Nullable Integer port;
        private final Thread thread = Thread.ofPlatform().daemon().name("watch").unstarted(this::run);
        private volatile boolean stopping;

        Watch(SentBytes sent, @Nullable Integer port) {
            this.sent = sent;
            this.port = port;
        }

        void start() {
            if (port != null) {
                thread.start();
            }
        }

        private void run() {
            while (!stopping && port != null) {
                try {
                    int ignored = sent.look(port);
                } catch (IOException e) {
                    // The node asked is busy; the next look is soon.
                }
                pause(LOOK_EVERY_NANOS);
            }
        }

        @Override
        public void close() throws IOException {
            stopping = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }
}
