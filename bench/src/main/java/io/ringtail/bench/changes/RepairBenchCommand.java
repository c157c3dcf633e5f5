package io.ringtail.bench.changes;

import io.ringtail.bench.Median;
import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.bench.TextTable;
import io.ringtail.bench.load.Load;
import io.ringtail.bench.load.LoadGenerator;
import io.ringtail.bench.load.LoadResult;
import io.ringtail.protocol.client.Reply;
import io.ringtail.server.local.Answer;
import io.ringtail.server.local.LocalCluster;
import io.ringtail.server.local.NodeClient;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench repair}: three nodes that compare what they hold: what that costs clients while all is equal, what it costs to find and mend a few keys that differ, and
 * whether anything comes back to a node that has missed the deletion of everything. Confined to the main thread.
 */
@Command(
        name = "repair",
        mixinStandardHelpOptions = true,
        description = {
            "Measures comparing replicas, on three nodes: what it costs clients, and what it costs to mend what differs;",
            "then deletes everything while a node is away and looks whether anything comes back.",
        })
public final class RepairBenchCommand implements Callable<Integer> {
    private static final int NODES = 3;
    /** The node that is away. */
    private static final int AWAY = 3;

    private static final int CLIENTS = 16;
    private static final int PIPELINE = 16;
    private static final int ANSWER_MILLIS = 60_000;
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(20);
    private static final long POLL_NANOS = 200_000_000;
    /** How much sooner than by default all is compared when it runs. */
    private static final String INTERVAL_SECONDS = "5";

    @Option(names = "--keys", paramLabel = "COUNT", defaultValue = "1000000", description = "default: ${DEFAULT-VALUE}")
    private int keys;

    @Option(names = "--value-size", paramLabel = "BYTES", defaultValue = "100", description = "default: ${DEFAULT-VALUE}")
    private int valueBytes;

    @Option(names = "--differing", paramLabel = "COUNT", defaultValue = "100", description = "keys that one node has missed (default: ${DEFAULT-VALUE})")
    private int differing;

    @Option(names = "--rounds", paramLabel = "COUNT", defaultValue = "5", description = "of measuring without and with comparing (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "SECONDS", defaultValue = "6", description = "of each measurement (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "7201", description = "of the first node (default: ${DEFAULT-VALUE})")
    private int port;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (keys < 1 || differing < 1 || differing > keys || rounds < 1 || seconds < 1) {
            throw new ParameterException(spec.commandLine(), "all numbers must be positive, and --differing at most --keys");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.US_ASCII);
        try (TemporaryDirectory data = TemporaryDirectory.create("ringtail-bench-");
                LocalCluster cluster = new LocalCluster(data.path().resolve("cluster"), nowhere)) {
            try {
                // Hardly any hints: what a node misses is left to comparing.
                cluster.up(NODES, port, null, null, null, List.of(
                        "--memory-limit", "512mb", "--repair-interval", "0", "--hint-bytes-max", "0"));
                Load fill = new Load(Load.Command.SET, Load.KeyOrder.IN_TURN, CLIENTS, PIPELINE, keys, valueBytes, keys, Double.MAX_VALUE);
                LoadResult ignored = new LoadGenerator().run(new int[] {port}, fill);
                cost(out);
                boolean right = few(cluster, out);
                right &= zombies(cluster, out);
                return right ? 0 : 1;
            } finally {
                cluster.down(true);
            }
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        }
    }

    // ---- what it costs while all is equal

    private void cost(PrintWriter out) throws IOException {
        out.printf("%,d keys, values of %d bytes; %d clients, %d requests at once. Comparing everything every %s s, or not at all.%n",
                keys, valueBytes, CLIENTS, PIPELINE, INTERVAL_SECONDS);
        TextTable table = new TextTable().row("", "ops/s off", "ops/s on", "on/off", "p99 ms off", "p99 ms on", "on/off");
        for (Load.Command command : Load.Command.values()) {
            double[] offRate = new double[rounds];
            double[] onRate = new double[rounds];
            double[] offTail = new double[rounds];
            double[] onTail = new double[rounds];
            LoadResult warm = run(command);
            for (int round = 0; round < rounds; round++) {
                // In turns who is first: what a machine does meanwhile strikes both.
                boolean onFirst = round % 2 == 1;
                for (boolean on : new boolean[] {onFirst, !onFirst}) {
                    configure("repair-interval", on ? INTERVAL_SECONDS : "0");
                    LoadResult result = run(command);
                    (on ? onRate : offRate)[round] = result.requestsPerSecond();
                    (on ? onTail : offTail)[round] = result.p99Micros() / 1e3;
                }
            }
            table.row(
                    command + " (warm: " + TextTable.number(warm.requestsPerSecond()) + "/s)",
                    TextTable.number(Median.of(offRate)),
                    TextTable.number(Median.of(onRate)),
                    TextTable.number(Median.ofRatios(onRate, offRate)),
                    TextTable.number(Median.of(offTail)),
                    TextTable.number(Median.of(onTail)),
                    TextTable.number(Median.ofRatios(onTail, offTail)));
        }
        out.print(table);
        out.flush();
        configure("repair-interval", "0");
    }

    private LoadResult run(Load.Command command) throws IOException {
        Load load = new Load(command, Load.KeyOrder.RANDOM, CLIENTS, PIPELINE, keys, valueBytes, Long.MAX_VALUE, seconds);
        return new LoadGenerator().run(new int[] {port, port + 1, port + 2}, load);
    }

    // ---- a few keys that differ

    private boolean few(LocalCluster cluster, PrintWriter out) throws IOException {
        Repaired before = repair(port + AWAY - 1);
        cluster.kill(AWAY);
        try (NodeClient client = new NodeClient(port, ANSWER_MILLIS)) {
            for (int i = 0; i < differing; i++) {
                String ignored = client.text("SET", key((long) i * (keys / differing)), "changed");
            }
        }
        cluster.restart(AWAY);
        // What a node has missed while it was away it would be told by reads and hints too: there are none.
        Repaired first = repair(port + AWAY - 1);
        Repaired second = repair(port + AWAY - 1);
        double share = 100.0 * first.bytes / ((double) keys * (valueBytes + key(0).length()));
        out.printf(
                "Of %,d keys %,d differed: %,d bytes exchanged by one round of comparing, %.3f %% of the data, %,d records sent and received, %.1f s; "
                        + "a round while all was equal had exchanged %,d bytes in %.1f s; the one after it found %,d differences.%n",
                keys, differing, first.bytes, share, first.records, first.seconds, before.bytes, before.seconds, second.leaves);
        out.flush();
        return second.leaves == 0 && share <= 1;
    }

    /** What {@code RT.REPAIR} has said. */
    private record Repaired(long leaves, long records, long bytes, double seconds) {}

    private static Repaired repair(int at) throws IOException {
        long beganNanos = System.nanoTime();
        while (true) {
            try (NodeClient client = new NodeClient(at, (int) TimeUnit.NANOSECONDS.toMillis(PATIENCE_NANOS))) {
                Reply reply = client.call("RT.REPAIR");
                if (number(reply, "failed") == 0) {
                    return new Repaired(
                            number(reply, "leaves-differing"),
                            number(reply, "records-sent") + number(reply, "records-received"),
                            number(reply, "bytes"),
                            (System.nanoTime() - beganNanos) / 1e9);
                }
                // The others have not yet found this node again, or write what it sent them.
                giveUpAfter(beganNanos, "replicas cannot be compared: " + Answer.all(reply, "failure"));
            }
        }
    }

    private static long number(Reply reply, String name) throws IOException {
        return Long.parseLong(Answer.all(reply, name).getFirst());
    }

    // ---- everything is deleted while a node is away

    private boolean zombies(LocalCluster cluster, PrintWriter out) throws IOException {
        cluster.kill(AWAY);
        long beganNanos = System.nanoTime();
        try (NodeClient client = new NodeClient(port, ANSWER_MILLIS)) {
            List<String> command = new ArrayList<>();
            for (int i = 0; i < keys; i++) {
                command.add(key(i));
                if (command.size() == 500 || i == keys - 1) {
                    command.addFirst("DEL");
                    String ignored = client.text(command.toArray(String[]::new));
                    command.clear();
                }
            }
        }
        double deleteSeconds = (System.nanoTime() - beganNanos) / 1e9;
        cluster.restart(AWAY);
        long backNanos = System.nanoTime();
        long seenFirst = left(port + AWAY - 1);
        configure("repair-interval", INTERVAL_SECONDS);
        while (left(port + AWAY - 1) > 0) {
            giveUpAfter(backNanos, "keys are left on the node that was away");
        }
        double seconds = (System.nanoTime() - backNanos) / 1e9;
        Repaired ignored = repair(port + AWAY - 1);
        long back = 0;
        for (int node = 0; node < NODES; node++) {
            back += left(port + node);
        }
        out.printf(
                "%,d keys deleted in %.1f s while a node was away, without hints; back, it held %,d of them, and none %.1f s later; after another round the nodes hold %,d together.%n",
                keys, deleteSeconds, seenFirst, seconds, back);
        out.flush();
        return back == 0;
    }

    /** Keys that one node holds by itself, as far as a client of it sees. */
    private static long left(int at) throws IOException {
        try (NodeClient client = new NodeClient(at, ANSWER_MILLIS)) {
            String ignored = client.text("RT.CONSISTENCY", "READ", "ONE");
            return Long.parseLong(client.text("DBSIZE"));
        }
    }

    private static String key(long index) {
        return String.format("key:%012d", index);
    }

    private void configure(String setting, String value) throws IOException {
        for (int node = 0; node < NODES; node++) {
            try (NodeClient client = new NodeClient(port + node, ANSWER_MILLIS)) {
                String ignored = client.text("CONFIG", "SET", setting, value);
            }
        }
    }

    private static void giveUpAfter(long beganNanos, String why) throws IOException {
        if (System.nanoTime() - beganNanos > PATIENCE_NANOS) {
            throw new IOException(why);
        }
        LockSupport.parkNanos(POLL_NANOS);
    }
}
