package io.ringtail.bench.gossip;

import io.ringtail.cluster.gossip.GossipOptions;

/**
 * What one size of cluster costs and takes. Immutable.
 *
 * @param allKnownRounds from a cold start of all nodes at once until each had heard all
 * @param deathRounds from a node's death until all took it for down, without loss
 * @param deathLossRounds the same with messages lost
 * @param halfDeathRounds from the death of half of all nodes at once until all others took all of them for down, with
 *     messages lost
 * @param restartRounds from its restart until nobody suspected it
 * @param joinRounds from a new node's start until all held its state
 * @param messagesPerRound that a node sends on average, answers included
 * @param meanBytesPerRound that a node sends
 * @param maxBytesPerRound the most that any node sent in any one round
 * @param lossRounds how long the run with loss was
 * @param falseSuspicions in that run, all nodes together
 * @param falseDowns in that run, all nodes together
 */
public record GossipFigures(
        int nodes,
        int allKnownRounds,
        int deathRounds,
        int deathLossRounds,
        int halfDeathRounds,
        int restartRounds,
        int joinRounds,
        double messagesPerRound,
        double meanBytesPerRound,
        long maxBytesPerRound,
        int lossRounds,
        long falseSuspicions,
        long falseDowns) {
    private static final int LIMIT_ROUNDS = 1_000;
    private static final int SETTLING_ROUNDS = 40;
    private static final int COST_ROUNDS = 50;

    /** Runs it. */
    public static GossipFigures measure(int nodes, GossipOptions options, double loss, int lossRounds, long seed) {
        GossipSimulation quiet = new GossipSimulation(nodes, options, 0, seed);
        int allKnown = quiet.runRounds(LIMIT_ROUNDS, quiet::allKnowAll);
        quiet.runRounds(SETTLING_ROUNDS);

        long messagesBefore = quiet.messagesSent();
        long totalBytes = 0;
        long maxBytes = 0;
        for (int round = 0; round < COST_ROUNDS; round++) {
            long[] before = quiet.bytesSent();
            quiet.runRounds(1);
            long[] after = quiet.bytesSent();
            for (int i = 0; i < nodes; i++) {
                totalBytes += after[i] - before[i];
                maxBytes = Math.max(maxBytes, after[i] - before[i]);
            }
        }
        double nodeRounds = (double) nodes * COST_ROUNDS;
        double messages = (quiet.messagesSent() - messagesBefore) / nodeRounds;

        int death = death(quiet);
        quiet.restart(nodes / 2);
        int restart = quiet.runRounds(LIMIT_ROUNDS, () -> quiet.isUpToAll(nodes / 2));
        int newcomer = quiet.join();
        int join = quiet.runRounds(LIMIT_ROUNDS, () -> quiet.isKnownToAll(newcomer));

        GossipSimulation lossy = new GossipSimulation(nodes, options, loss, seed + 1);
        lossy.runRounds(lossRounds);
        long suspicions = lossy.falseSuspicions();
        long downs = lossy.falseDowns();
        int deathLoss = death(lossy);
        int halfDeath = halfDeath(lossy);
        return new GossipFigures(
                nodes, allKnown, death, deathLoss, halfDeath, restart, join,
                messages, totalBytes / nodeRounds, maxBytes, lossRounds, suspicions, downs);
    }

    /** All with an odd index, after the one in the middle has come back. */
    private static int halfDeath(GossipSimulation simulation) {
        int nodes = simulation.size();
        simulation.restart(nodes / 2);
        simulation.runRounds(SETTLING_ROUNDS);
        for (int i = 1; i < nodes; i += 2) {
            simulation.kill(i);
        }
        return simulation.runRounds(LIMIT_ROUNDS, simulation::allDeadAreDownToAll);
    }

    private static int death(GossipSimulation simulation) {
        int victim = simulation.size() / 2;
        simulation.kill(victim);
        return simulation.runRounds(LIMIT_ROUNDS, () -> simulation.isDownToAll(victim));
    }
}
