package io.ringtail.bench.load;

import io.ringtail.bench.CpuAffinity;
import io.ringtail.bench.Median;
import io.ringtail.bench.TextTable;
import io.ringtail.server.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench siblings}: what keeping conflicts costs where there are none. One server has keys of both kinds; each round asks it for the same on each, one after the other, so that a ratio is of figures that were taken
 * side by side. Confined to the main thread.
 */
@Command(
        name = "siblings",
        mixinStandardHelpOptions = true,
        description = "Measures SET and INCR where conflicts are kept as siblings, beside SET where the last writer wins.")
public final class SiblingsBenchCommand implements Callable<Integer> {
    private static final int MEMORY_LIMIT_MEGABYTES = 1024;

    /** What is measured; the first is what the others are set in ratio to. */
    private enum Kind {
        SET_LWW("SET, last writer wins", Load.Command.SET, Load.KEY_PREFIX),
        SET_SIBLINGS("SET, siblings", Load.Command.SET, "sib:"),
        INCR_SIBLINGS("INCR, siblings", Load.Command.INCR, "sib+"),
        INCR_LWW("INCR, last writer wins", Load.Command.INCR, "num:");

        final String title;
        final Load.Command command;
        final String prefix;

        Kind(String title, Load.Command command, String prefix) {
            this.title = title;
            this.command = command;
            this.prefix = prefix;
        }
    }

    /** A kind's figures, round by round. */
    private record Figures(List<Double> perSecond, List<Double> cpuMicros) {
        Figures() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        static double[] of(List<Double> rounds) {
            return rounds.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }

    @Option(names = "--rounds", paramLabel = "COUNT", defaultValue = "5", description = "default: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "SECONDS", defaultValue = "1", description = "of each measurement (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(
            names = "--warmup-seconds",
            paramLabel = "SECONDS",
            defaultValue = "4",
            description = "of each kind before the first round, for the compiler (default: ${DEFAULT-VALUE})")
    private double warmupSeconds;

    @Option(names = "--keys", paramLabel = "COUNT", defaultValue = "100000", description = "of each kind (default: ${DEFAULT-VALUE})")
    private int keys;

    @Option(names = "--pipeline", paramLabel = "COUNT", split = ",", defaultValue = "1,16", description = "requests sent at once; a list (default: ${DEFAULT-VALUE})")
    private List<Integer> pipelines = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        boolean pinned = CpuAffinity.obstacle().isEmpty();
        if (pinned) {
            CpuAffinity.pinThisProcess(1);
        } else {
            out.println("Nothing is pinned, as " + CpuAffinity.obstacle() + ": read the figures with care.");
        }
        try (ServerUnderTest server = ServerUnderTest.ringtail(
                Main.class.getName(), pinned ? 0 : -1, MEMORY_LIMIT_MEGABYTES, List.of("--keyspace", "sib conflict siblings"))) {
            for (int pipeline : pipelines) {
                out.println();
                out.print(table(pipeline, measure(server, pipeline)));
                out.flush();
            }
            return 0;
        }
    }

    private Map<Kind, Figures> measure(ServerUnderTest server, int pipeline) throws IOException {
        LoadGenerator driver = new LoadGenerator();
        int[] ports = {server.port()};
        Map<Kind, Figures> measured = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            measured.put(kind, new Figures());
            driver.run(ports, load(kind, pipeline, warmupSeconds));
        }
        for (int round = 0; round < rounds; round++) {
            for (Kind kind : Kind.values()) {
                double cpuBefore = server.cpuSeconds();
                LoadResult result = driver.run(ports, load(kind, pipeline, seconds));
                Figures figures = measured.getOrDefault(kind, new Figures());
                figures.perSecond().add(result.requestsPerSecond());
                figures.cpuMicros().add((server.cpuSeconds() - cpuBefore) * 1e6 / result.requests());
            }
        }
        return measured;
    }

    private Load load(Kind kind, int pipeline, double secondsMax) {
        return new Load(kind.command, Load.KeyOrder.RANDOM, 50, pipeline, keys, 100, Long.MAX_VALUE, secondsMax).on(kind.prefix);
    }

    private static String table(int pipeline, Map<Kind, Figures> measured) {
        TextTable table = new TextTable().row("by " + pipeline, "ops/s", "ratio", "CPU us/op", "ratio");
        Figures first = measured.getOrDefault(Kind.SET_LWW, new Figures());
        measured.forEach((kind, figures) -> {
            double[] perSecond = Figures.of(figures.perSecond());
            double[] cpuMicros = Figures.of(figures.cpuMicros());
            table.row(
                    kind.title,
                    TextTable.number(Median.of(perSecond)),
                    TextTable.number(Median.ofRatios(perSecond, Figures.of(first.perSecond()))),
                    TextTable.number(Median.of(cpuMicros)),
                    TextTable.number(Median.ofRatios(cpuMicros, Figures.of(first.cpuMicros()))));
        });
        return table.toString();
    }
}
