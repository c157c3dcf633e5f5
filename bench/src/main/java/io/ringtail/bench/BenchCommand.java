package io.ringtail.bench;

import io.ringtail.bench.changes.ChangesCommand;
import io.ringtail.bench.changes.RepairBenchCommand;
import io.ringtail.bench.compare.EngineComparison;
import io.ringtail.bench.gossip.GossipCommand;
import io.ringtail.bench.load.Driver;
import io.ringtail.bench.load.LoadComparison;
import io.ringtail.bench.load.LoadGenerator;
import io.ringtail.bench.load.RedisBenchmark;
import io.ringtail.bench.load.ServerUnderTest;
import io.ringtail.bench.load.SiblingsBenchCommand;
import io.ringtail.bench.load.SystemUnderTest;
import io.ringtail.bench.sets.SetsBenchCommand;
import io.ringtail.server.cli.Main;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench}: the same load on Ringtail and on Redis, each pinned to the same core one after the other,
 * the driver on another core. Its subcommands measure the engine and single parts. Confined to the main thread.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        subcommands = {ClusterBenchCommand.class, EngineComparison.class, MicroCommand.class, GossipCommand.class, ChangesCommand.class, RepairBenchCommand.class, SetsBenchCommand.class, SiblingsBenchCommand.class},
        description = {
            "Measures a server under load, beside Redis where a redis-server is installed.",
            "Figures are warm: each measurement follows some seconds of the same load, for the compiler.",
        })
public final class BenchCommand implements Callable<Integer> {
    enum Peer {
        none,
        redis
    }

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

    @Option(
            names = "--requests",
            paramLabel = "COUNT",
            defaultValue = "9223372036854775807",
            description = "of each measurement at most (default: as many as there is time for)")
    private long requests;

    @Option(names = "--keys", paramLabel = "COUNT", defaultValue = "1000000", description = "default: ${DEFAULT-VALUE}")
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
            description = "measure these only: set, get, set-p16, get-p16, ..., set-always")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--peer",
            paramLabel = "PEER",
            defaultValue = "redis",
            description = "redis or none (default: ${DEFAULT-VALUE})")
    private Peer peer = Peer.redis;

    @Option(
            names = "--driver",
            paramLabel = "DRIVER",
            defaultValue = "own",
            description = "own, or redis-benchmark where that is installed (default: ${DEFAULT-VALUE})")
    private String driver = "own";

    @Option(
            names = "--server-core",
            paramLabel = "CORE",
            defaultValue = "0",
            description = "of the servers; -1 for any (default: ${DEFAULT-VALUE})")
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
            description = "Ringtail's memory-limit (default: the server's own, a quarter of the machine's memory)")
    private int memoryLimitMegabytes = defaultMemoryLimitMegabytes();

    @Option(
            names = "--ringtail-option",
            paramLabel = "WORD",
            description = "a further option for 'ringtail server'; may be repeated")
    private List<String> ringtailOptions = new ArrayList<>();

    @Option(
            names = "--redis-option",
            paramLabel = "WORD",
            description = "a further option for redis-server; may be repeated")
    private List<String> redisOptions = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        LoadComparison.Plan plan = plan();
        pin(out);
        List<Callable<SystemUnderTest>> starters = new ArrayList<>();
        starters.add(() -> SystemUnderTest.of(
                "Ringtail",
                ServerUnderTest.ringtail(Main.class.getName(), serverCore, memoryLimitMegabytes, ringtailOptions)));
        if (peer == Peer.redis && CpuAffinity.onPath("redis-server")) {
            starters.add(() -> SystemUnderTest.of("Redis", ServerUnderTest.redis(serverCore, redisOptions)));
        } else if (peer == Peer.redis) {
            out.println("There is no redis-server on the path: Ringtail alone.");
        }
        out.printf(
                "%,d random keys, values of %d bytes, %d clients, appendfsync everysec but in set-always; driver %s.%n",
                keys, valueBytes, clients, driver);
        out.flush();
        try {
            new LoadComparison(plan, driver(), out).run(starters);
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        }
    }

    private LoadComparison.Plan plan() {
        try {
            return new LoadComparison.Plan(
                    rounds,
                    warmupSeconds,
                    seconds,
                    requests,
                    clients,
                    keys,
                    valueBytes,
                    LoadComparison.Plan.rows(pipelines, only));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Driver driver() {
        return switch (driver) {
            case "own" -> new LoadGenerator();
            case "redis-benchmark" -> {
                if (!CpuAffinity.onPath("redis-benchmark")) {
                    throw new ParameterException(
                            spec.commandLine(), "--driver redis-benchmark: it is not on the path; own needs nothing");
                }
                yield new RedisBenchmark(driverCore);
            }
            default -> throw new ParameterException(
                    spec.commandLine(), "--driver " + driver + ": there are own and redis-benchmark");
        };
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
        out.println("Servers on " + CpuAffinity.name(serverCore) + ", driver on " + CpuAffinity.name(driverCore) + ".");
    }

    static int defaultMemoryLimitMegabytes() {
        return (int) (Long.parseLong(Settings.MEMORY_LIMIT.defaultText()) >> 20);
    }
}
