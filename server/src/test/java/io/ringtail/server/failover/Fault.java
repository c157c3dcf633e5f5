package io.ringtail.server.failover;

import io.ringtail.server.process.ClusterProcesses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Something that befalls a cluster of five, how it is ended, and what clients at the other nodes may notice of it meanwhile. Immutable.
 *
 * @param name for the log
 * @param struck the nodes whose clients may notice anything
 * @param noticed how long clients at others may be told of errors; after it none is, as long as one node is struck, and with more only refusals
 * @param isCut whether those struck are alive and serve sloppy keys on their side
 * @param lasting between begin and end
 */
record Fault(String name, List<Integer> struck, Duration noticed, boolean isCut, Duration lasting, Step begin, Step end) {
    /** One half of it. */
    @FunctionalInterface
    interface Step {
        void run(ClusterProcesses cluster) throws Exception;
    }

    /** Kinds of faults. */
    enum Kind {
        KILLED, SHUT_DOWN, PAUSED, CUT_OFF, TWO_CUT_OFF, DEAF, MUTE, ONE_LINK_ONE_WAY, CLOCK, ALL_KILLED
    }

    /** What waits for a node that is silent has its answer, or its timeout of 2 s, by then. */
    private static final Duration SILENCE_NOTICED = Duration.ofSeconds(3);

    /** Every kind once, in an order of the random's; without clocks where they cannot be set. */
    static List<Kind> shuffled(SplittableRandom random, boolean withClocks) {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
        if (!withClocks) {
            kinds.remove(Kind.CLOCK);
        }
        Collections.shuffle(kinds, new Random(random.nextLong()));
        return kinds;
    }

    /**
     * One of a kind, its nodes picked at random.
     *
     * @param pause how long a node is stopped for
     * @param lasting how long everything else lasts
     */
    static Fault of(Kind kind, SplittableRandom random, int nodes, @Nullable FakeClocks clocks, Duration pause, Duration lasting) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, nodes).boxed().toList());
        Collections.shuffle(order, new Random(random.nextLong()));
        int one = order.get(0);
        List<Integer> others = order.subList(1, nodes);
        Duration second = Duration.ofSeconds(1);
        return switch (kind) {
            case KILLED -> new Fault("node " + one + " killed", List.of(one), second, false, lasting,
                    cluster -> cluster.kill(one), cluster -> cluster.restart(one));
            case SHUT_DOWN -> new Fault("node " + one + " shut down", List.of(one), second, false, lasting,
                    cluster -> cluster.terminate(one), cluster -> cluster.restart(one));
            case PAUSED -> new Fault("node " + one + " paused", List.of(one), Duration.ZERO, false, pause,
                    cluster -> cluster.pause(one), cluster -> cluster.resume(one));
            case CUT_OFF -> new Fault("node " + one + " cut off", List.of(one), SILENCE_NOTICED, true, lasting,
                    cluster -> cluster.cut(List.of(one), others), ClusterProcesses::heal);
            case TWO_CUT_OFF -> new Fault("nodes " + order.subList(0, 2) + " cut off", order.subList(0, 2), SILENCE_NOTICED, true, lasting,
                    cluster -> cluster.cut(order.subList(0, 2), order.subList(2, nodes)), ClusterProcesses::heal);
            case DEAF -> new Fault("node " + one + " deaf", List.of(one), SILENCE_NOTICED, false, lasting,
                    cluster -> cutOneWay(cluster, others, List.of(one)), ClusterProcesses::heal);
            case MUTE -> new Fault("node " + one + " mute", List.of(one), SILENCE_NOTICED, false, lasting,
                    cluster -> cutOneWay(cluster, List.of(one), others), ClusterProcesses::heal);
            case ONE_LINK_ONE_WAY -> new Fault("nothing from " + one + " reaches " + others.get(0), List.of(one, others.get(0)), SILENCE_NOTICED, false,
                    lasting, cluster -> cluster.cutOneWay(one, others.get(0)), ClusterProcesses::heal);
            case CLOCK -> {
                int seconds = List.of(120, -120, 0).get(random.nextInt(3));
                FakeClocks set = java.util.Objects.requireNonNull(clocks);
                // It stays as it was set: later faults find clocks that differ.
                yield new Fault("clock of node " + one + " at " + seconds + " s", List.of(), Duration.ZERO, false, lasting,
                        cluster -> set.set(one, seconds), cluster -> {});
            }
            case ALL_KILLED -> new Fault("all killed", IntStream.range(0, nodes).boxed().toList(), second, false, Duration.ZERO,
                    cluster -> order.forEach(cluster::kill), cluster -> cluster.restart(order.toArray(new Integer[0])));
        };
    }

    private static void cutOneWay(ClusterProcesses cluster, List<Integer> from, List<Integer> to) throws Exception {
        for (int sender : from) {
            for (int receiver : to) {
                cluster.cutOneWay(sender, receiver);
            }
        }
    }
}
