package io.ringtail.bench.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.gossip.GossipOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code docs/gossip.md} promises, at sizes that take seconds; {@code ringtail bench gossip} does 1,000 nodes. */
class GossipSimulationTest {
    @ParameterizedTest
    @CsvSource({"3, 5000, 11", "10, 5000, 12", "100, 400, 13"})
    void newsIsFastCheapAndTrue(int nodes, int lossRounds, long seed) {
        GossipFigures figures = GossipFigures.measure(nodes, GossipOptions.DEFAULT, 0.05, lossRounds, seed);
        assertThat(figures.allKnownRounds()).as("%s, seed %d", figures, seed).isBetween(1, 8);
        assertThat(figures.deathRounds()).as("%s, seed %d", figures, seed).isBetween(5, 22);
        assertThat(figures.deathLossRounds()).as("%s, seed %d", figures, seed).isBetween(5, 25);
        assertThat(figures.halfDeathRounds()).as("%s, seed %d", figures, seed).isBetween(5, 30);
        assertThat(figures.restartRounds()).as("%s, seed %d", figures, seed).isBetween(1, 8);
        assertThat(figures.joinRounds()).as("%s, seed %d", figures, seed).isBetween(1, 8);
        assertThat(figures.falseDowns()).as("%s, seed %d", figures, seed).isZero();
        assertThat(figures.falseSuspicions()).as("%s, seed %d", figures, seed).isZero();
        assertThat(figures.messagesPerRound()).as("%s, seed %d", figures, seed).isLessThan(8);
        assertThat(figures.meanBytesPerRound()).as("%s, seed %d", figures, seed).isLessThan(1_000 + 35.0 * nodes);
    }
}
