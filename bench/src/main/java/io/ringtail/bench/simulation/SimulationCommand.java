package io.ringtail.bench.simulation;

import io.ringtail.cluster.flaw.Flaw;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Spec;

/** {@code ringtail simulate}: one simulated run after another, each from the next seed, until one fails or there have been enough. Confined to the main thread. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = {
            "Runs simulated clusters under faults and checks that all promises were kept.",
            "A run that fails prints what went wrong and the command that repeats it, and ends with code 1.",
        })
public final class SimulationCommand implements Callable<Integer> {
    private static final int SEEDS_A_LINE = 1000;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "1", description = "the first (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--minutes",
            paramLabel = "MINUTES",
            defaultValue = "1",
            description = "to go on for, if --seeds does not end it before (default: ${DEFAULT-VALUE})")
    private double minutes;

    @Option(
            names = "--seeds",
            paramLabel = "COUNT",
            defaultValue = "0",
            description = "runs; without --minutes as long as they take (default: as many as there is time for)")
    private long seeds;

    @Option(
            names = "--nodes",
            paramLabel = "COUNT",
            defaultValue = "0",
            description = "of each cluster (default: 3 to 6, as the seed says)")
    private int nodes;

    @Option(
            names = "--reference",
            description = "simulate the small model of a node instead of the real one: a check of the world and the checkers")
    private boolean reference;

    @Option(
            names = "--flaw",
            paramLabel = "FLAW",
            description = "plant a mistake in every node, to see what finds it: ${COMPLETION-CANDIDATES}")
    private @Nullable Flaw flaw;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    private final Supplier<NodeFactory> realNodes;
    private final Supplier<NodeFactory> referenceNodes;

    /** @param realNodes makes what makes the nodes of one run, as {@code referenceNodes} does for {@code --reference} */
    public SimulationCommand(Supplier<NodeFactory> realNodes, Supplier<NodeFactory> referenceNodes) {
        this.realNodes = realNodes;
        this.referenceNodes = referenceNodes;
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean timed = seeds == 0 || spec.commandLine().getParseResult().hasMatchedOption("--minutes");
        long startNanos = System.nanoTime();
        long limitNanos = timed ? (long) (minutes * TimeUnit.MINUTES.toNanos(1)) : Long.MAX_VALUE;
        SimulationOptions options = SimulationOptions.DEFAULT.withNodes(nodes).withFlaws(flaw == null ? Set.of() : Set.of(flaw));
        long run = 0;
        long operations = 0;
        long faults = 0;
        while ((seeds == 0 || run < seeds) && (run == 0 || System.nanoTime() - startNanos < limitNanos)) {
            SimulationResult result = new Simulation(seed + run, options, (reference ? referenceNodes : realNodes).get()).run();
            run++;
            operations += result.history().operations().size();
            faults += result.faults().size();
            if (!result.isGood()) {
                out.print(result.report());
                out.println("to repeat it: ./ringtail simulate --seed " + result.seed() + " --seeds 1"
                        + (nodes == 0 ? "" : " --nodes " + nodes)
                        + (reference ? " --reference" : "")
                        + (flaw == null ? "" : " --flaw " + flaw));
                out.flush();
                return 1;
            }
            if (run % SEEDS_A_LINE == 0) {
                progress(out, run, operations, faults, System.nanoTime() - startNanos);
            }
        }
        if (run % SEEDS_A_LINE != 0) {
            progress(out, run, operations, faults, System.nanoTime() - startNanos);
        }
        return 0;
    }

    private static void progress(PrintWriter out, long run, long operations, long faults, long nanos) {
        out.println(String.format(
                Locale.ROOT,
                "%,d seeds, %,d operations, %,d faults, %.1f seeds/s: all promises kept",
                run, operations, faults, run / (nanos / 1e9)));
        out.flush();
    }
}
