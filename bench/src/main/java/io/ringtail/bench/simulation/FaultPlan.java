package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Chooses what goes wrong in a run. Each run has kinds of its own, some many and some few, so that faults also meet in ways that an even mix would hardly bring about. Pure. */
final class FaultPlan {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SHORTEST_NANOS = 20 * MILLI;
    private static final long LONGEST_NANOS = 6_000 * MILLI;
    private static final long CLOCK_JUMP_MAX_MILLIS = 300_000;
    private static final long CLOCK_FAR_AHEAD_MILLIS = TimeUnit.DAYS.toMillis(1);
    private static final int FAULTS_PER_NODE_MAX = 4;
    private static final int WEIGHT_MAX = 4;

    private FaultPlan() {}

    /** Faults that begin and end between two times, in the order of their beginnings. */
    static List<Fault> draw(RandomGenerator random, int nodes, long fromNanos, long untilNanos, Set<Kind> allowed) {
        List<Kind> kinds = new ArrayList<>();
        // Where nobody forgets anything more can be asked of what is left.
        boolean nobodyForgets = random.nextInt(4) == 0;
        for (Kind kind : Kind.values()) {
            if (kind.isOfDatacenter() && !allowed.contains(kind)) {
                // Whether there are any takes nothing from the chance of the others.
                continue;
            }
            if (random.nextInt(3) != 0 && allowed.contains(kind) && !(nobodyForgets && kind.canForget())) {
                kinds.add(kind);
            }
        }
        List<Fault> faults = new ArrayList<>();
        int farAhead = random.nextInt(nodes);
        int count = kinds.isEmpty() ? 0 : 1 + random.nextInt(FAULTS_PER_NODE_MAX * nodes);
        for (int i = 0; i < count; i++) {
            Kind kind = kinds.get(random.nextInt(kinds.size()));
            long at = random.nextLong(fromNanos, untilNanos);
            // Short ones are as common as long ones: the logarithm is what is even.
            double spread = Math.pow((double) LONGEST_NANOS / SHORTEST_NANOS, random.nextDouble());
            long duration = Math.min((long) (SHORTEST_NANOS * spread), untilNanos - at);
            int drawn = random.nextInt(nodes);
            // One clock that is far off can be told from the others'; two are a majority of three.
            int node = kind == Kind.CLOCK_FAR_AHEAD ? farAhead : drawn;
            int other = nodes == 1 ? node : (node + 1 + random.nextInt(nodes - 1)) % nodes;
            faults.add(new Fault(at, kind, node, isBetweenTwo(kind) ? other : node, duration, amount(kind, random, nodes)));
        }
        faults.sort(Comparator.comparingLong(Fault::atNanos));
        return faults;
    }

    private static boolean isBetweenTwo(Kind kind) {
        return kind == Kind.CUT_ONE_WAY || kind == Kind.BREAK_LINKS || kind == Kind.SLOW_LINK;
    }

    private static long amount(Kind kind, RandomGenerator random, int nodes) {
        return switch (kind) {
            case PARTITION -> random.nextLong(1L << nodes);
            case SLOW_LINK, SLOW_SENDER, FLAPPING -> MILLI + random.nextLong(300 * MILLI);
            case SLOW_NODE -> MILLI / 10 + random.nextLong(10 * MILLI);
            case CLOCK_JUMP -> random.nextLong(-CLOCK_JUMP_MAX_MILLIS, CLOCK_JUMP_MAX_MILLIS);
            case CLOCK_FAR_AHEAD -> CLOCK_FAR_AHEAD_MILLIS;
            case RESHARE -> 1 + random.nextInt(WEIGHT_MAX);
            case DATACENTER_DEATH -> random.nextInt(2);
            case DATACENTER_CUT, CRASH, POWER_LOSS, PAUSE, CUT_ONE_WAY, BREAK_LINKS, DISK_STALL, DISK_FULL, JOIN, LEAVE -> 0;
        };
    }
}
