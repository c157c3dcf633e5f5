package io.ringtail.bench;

import io.ringtail.bench.load.LoadComparison;
import io.ringtail.bench.load.LoadGenerator;
import io.ringtail.bench.load.ServerUnderTest;
import io.ringtail.bench.load.SystemUnderTest;
import io.ringtail.server.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench cluster}: the same load on three nodes of Ringtail, on Redis with two replicas of which one has to
 * confirm each write, and on one node of Ringtail; all processes of all of them on one core. Confined to the main thread.
 */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        description = {
            "Measures a cluster under load, beside Redis with replicas (each batch of writes followed by WAIT 1)",
            "where a redis-server is installed, and beside a single node.",
        })
final class ClusterBenchCommand implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "COUNT", defaultValue = "3", description = "default: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "of each measurement (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(
            names = "--warmup-seconds",
            paramLabel = "SECONDS",
            defaultValue = "4",
            description = "of the same load before each measurement (default: ${DEFAULT-VALUE})")
    private double warmupSeconds;

    @Option(names = "--keys", paramLabel = "COUNT", defaultValue = "200000", description = "default: ${DEFAULT-VALUE}")
    private int keys;

    @Option(
            names = "--value-size",
            paramLabel = "BYTES",
            defaultValue = "100",
            description = "default: ${DEFAULT-VALUE}")
    private int valueBytes;

    @Option(
            names = "--clients",
            paramLabel = "COUNT",
            defaultValue = "50",
            description = "connections (default: ${DEFAULT-VALUE})")
    private int clients;

    @Option(
            names = "--pipeline",
            paramLabel = "COUNT",
            split = ",",
            defaultValue = "1,16,64",
            description = "requests sent at once; a list (default: ${DEFAULT-VALUE})")
    private List<Integer> pipelines = new ArrayList<>();

    @Option(
            names = "--only",
            paramLabel = "ROW",
            split = ",",
            description = "measure these only: set, get, set-p16, get-p16, ...")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--systems",
            paramLabel = "SYSTEM",
            split = ",",
            defaultValue = "cluster,redis,single",
            description = "what to compare with the first; a list (default: ${DEFAULT-VALUE})")
    private List<Contestant> systems = new ArrayList<>();

    @Option(names = "--nodes", paramLabel = "COUNT", defaultValue = "3", description = "default: ${DEFAULT-VALUE}")
    private int nodes;

    @Option(
            names = "--spread",
            description = "the cluster's clients connect to all nodes (default: all to one, as all writes go to one Redis)")
    private boolean spread;

    @Option(
            names = "--server-core",
            paramLabel = "CORE",
            defaultValue = "0",
            description = "of all servers; -1 for any (default: ${DEFAULT-VALUE})")
    private int serverCore;

    @Option(
            names = "--driver-core",
            paramLabel = "CORE",
            defaultValue = "1",
            description = "of the driver; -1 for any (default: ${DEFAULT-VALUE})")
    private int driverCore;

    @Option(
            names = "--memory-limit",
            paramLabel = "MB",
            defaultValue = "1024",
            description = "memory-limit of each node (default: ${DEFAULT-VALUE})")
    private int memoryLimitMegabytes;

    @Option(
            names = "--ringtail-option",
            paramLabel = "WORD",
            description = "a further option for 'ringtail server'; may be repeated")
    private List<String> ringtailOptions = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    enum Contestant {
        cluster,
        redis,
        single
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        LoadComparison.Plan plan = plan();
        pin(out);
        List<Callable<SystemUnderTest>> starters = starters(out);
        out.printf(
                "%d nodes; Ringtail reads and writes at a majority, Redis writes with WAIT 1 and reads from the master; %,d random keys, values of %d bytes, %d clients %s.%n",
                nodes, keys, valueBytes, clients, spread ? "spread over the nodes" : "on one node");
        out.println("Load average before: " + loadAverage() + ".");
        out.flush();
        try {
            new LoadComparison(plan, new LoadGenerator(), out).run(starters);
            out.println("Load average after: " + loadAverage() + ".");
            out.flush();
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        }
    }

    private List<Callable<SystemUnderTest>> starters(PrintWriter out) {
        List<Callable<SystemUnderTest>> starters = new ArrayList<>();
        for (Contestant system : systems) {
            switch (system) {
                case cluster -> starters.add(() -> SystemUnderTest.ringtailCluster(
                        Main.class.getName(), nodes, spread, serverCore, memoryLimitMegabytes, ringtailOptions));
                case redis -> {
                    if (CpuAffinity.onPath("redis-server")) {
                        starters.add(() -> SystemUnderTest.redisWithReplicas(nodes - 1, serverCore, List.of()));
                    } else {
                        out.println("There is no redis-server on the path: Ringtail alone.");
                    }
                }
                case single -> starters.add(() -> SystemUnderTest.of(
                        "Ringtail x1",
                        ServerUnderTest.ringtail(
                                Main.class.getName(), serverCore, memoryLimitMegabytes, ringtailOptions)));
            }
        }
        return starters;
    }

    private LoadComparison.Plan plan() {
        try {
            if (nodes < 2 || nodes > 9) {
                throw new IllegalArgumentException("--nodes " + nodes + ", must be 2 to 9");
            }
            if (systems.stream().distinct().count() != systems.size()) {
                throw new IllegalArgumentException("--systems " + systems + ": one is there twice");
            }
            return new LoadComparison.Plan(
                    rounds,
                    warmupSeconds,
                    seconds,
                    Long.MAX_VALUE,
                    clients,
                    keys,
                    valueBytes,
                    LoadComparison.Plan.rowsWithoutSync(pipelines, only));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Keeps driver and servers apart, or says why not. */
    private void pin(PrintWriter out) throws IOException {
        String reason = CpuAffinity.obstacle();
        if (!reason.isEmpty()) {
            out.println("Nothing is pinned, as " + reason + ": read the figures with care.");
            serverCore = -1;
            driverCore = -1;
            return;
        }
        if (driverCore >= 0) {
            CpuAffinity.pinThisProcess(driverCore);
        }
        out.println("All servers on " + CpuAffinity.name(serverCore) + ", driver on " + CpuAffinity.name(driverCore) + ".");
    }

    private static String loadAverage() throws IOException {
        Path file = Path.of("/proc/loadavg");
        return Files.isReadable(file) ? Files.readString(file).split(" ", -1)[0] : "unknown";
    }
}
