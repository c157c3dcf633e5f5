package io.ringtail.bench.gossip;

import io.ringtail.bench.TextTable;
import io.ringtail.cluster.gossip.GossipOptions;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ringtail bench gossip}: the table of {@code docs/gossip.md}. Confined to the main thread. */
@Command(
        name = "gossip",
        mixinStandardHelpOptions = true,
        description = "Simulates gossip among many nodes: how fast news spreads, and what it costs.")
public final class GossipCommand implements Callable<Integer> {
    @Option(
            names = "--nodes",
            paramLabel = "COUNT",
            split = ",",
            defaultValue = "10,100,1000",
            description = "a list (default: ${DEFAULT-VALUE})")
    private List<Integer> nodes = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--loss",
            paramLabel = "PART",
            defaultValue = "0.05",
            description = "of the messages in the long run (default: ${DEFAULT-VALUE})")
    private double loss;

    @Option(
            names = "--node-rounds",
            paramLabel = "COUNT",
            defaultValue = "1000000",
            description = "of the long run: nodes times rounds (default: ${DEFAULT-VALUE})")
    private long nodeRounds;

    @Option(
            names = "--period-millis",
            paramLabel = "MILLIS",
            defaultValue = "200",
            description = "default: ${DEFAULT-VALUE}")
    private long periodMillis;

    @Option(names = "--phi", paramLabel = "PHI", defaultValue = "8", description = "default: ${DEFAULT-VALUE}")
    private double phi;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        GossipOptions options = GossipOptions.DEFAULT.withPeriodMillis(periodMillis).withPhiThreshold(phi);
        out.printf(
                "A round is %d ms; phi %.1f; loss of %.0f %% where it says so; seed %d.%n",
                periodMillis, phi, loss * 100, seed);
        TextTable table = new TextTable().row(
                "nodes", "all known", "death", "death, loss", "half die", "restart", "join",
                "messages", "bytes", "most bytes", "long run", "suspicions", "downs");
        for (int count : nodes) {
            int rounds = (int) Math.clamp(nodeRounds / count, 100, 1_000_000);
            GossipFigures figures = GossipFigures.measure(count, options, loss, rounds, seed);
            table.row(
                    String.valueOf(figures.nodes()),
                    String.valueOf(figures.allKnownRounds()),
                    String.valueOf(figures.deathRounds()),
                    String.valueOf(figures.deathLossRounds()),
                    String.valueOf(figures.halfDeathRounds()),
                    String.valueOf(figures.restartRounds()),
                    String.valueOf(figures.joinRounds()),
                    TextTable.number(figures.messagesPerRound()),
                    TextTable.number(figures.meanBytesPerRound()),
                    TextTable.number(figures.maxBytesPerRound()),
                    String.valueOf(figures.lossRounds()),
                    String.valueOf(figures.falseSuspicions()),
                    String.valueOf(figures.falseDowns()));
        }
        out.print(table);
        out.flush();
        return 0;
    }
}
