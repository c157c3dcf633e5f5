package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Quorum;
import io.ringtail.cluster.topology.ConflictPolicy;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What clients wish for: few keys, so that they meet, and values that are never written twice. Which keys and levels, how much is written and how long clients think
 * differs from run to run.
 *
 * <p>Keys tell by their beginning what they are for: {@code strict-}, {@code sloppy-}, {@code ending-} (values that end by themselves), {@code counter-}, {@code siblings-} and
 * {@code tally-} (siblings are kept, counters merge), {@code set-}, and {@code rare-}: many that are written now and then and hardly read, so that nothing mends by chance what was lost of them.
 */
public final class Workload {
    static final String SLOPPY = "sloppy-";
    private static final String STRICT = "strict-";
    private static final String ENDING = "ending-";
    private static final String COUNTER = "counter-";
    private static final String SIBLINGS = "siblings-";
    private static final String TALLY = "tally-";
    private static final String SET = "set-";
    private static final String RARE = "rare-";
    private static final int RARE_KEYS = 16;
    private static final int RARE_ONE_IN = 6;
    private static final int RARE_READ_PERCENT = 10;
    private static final int STRICT_KEYS_MAX = 5;
    private static final int OTHER_KEYS_MAX = 3;
    private static final int CLEARS_ONE_IN = 80;
    private static final int WRITES_SEVERAL_ONE_IN = 5;
    private static final int SEVERAL_MAX = 4;
    /** So much that the memtable of a node is flushed again and again. */
    private static final int PADDING_MAX = 6_000;
    /** What a clearing is about. */
    private static final String ALL_KEYS = "(all keys)";
    private static final long LIFE_MAX_MILLIS = 20_000;
    /** By no clock it is over before the run is. */
    private static final long LONG_LIFE_MILLIS = TimeUnit.DAYS.toMillis(30);
    private static final int SIBLINGS_END_ONE_IN = 6;
    private static final long SHORTEST_THOUGHT_MILLIS = 40;
    private static final long RUSH_THOUGHT_NANOS = 1_000_000;
    private static final long RUSH_NANOS = 100_000_000;
    private static final long RUSH_PERIOD_NANOS = 1_300_000_000;

    /**
     * One request to be made.
     *
     * @param livesMillis how long what is written lives, 0 for ever
     * @param padding bytes behind the value that nobody looks at
     * @param also writes of other keys that are one command with this one
     */
    record Wish(
            Kind kind,
            String key,
            @Nullable String value,
            long livesMillis,
            int padding,
            ConsistencyLevel level,
            Quorum quorum,
            List<Wish> also) {}

    /** Levels that go together: most often such that reads meet writes and writes meet writes. */
    private record Levels(ConsistencyLevel read, ConsistencyLevel write) {}

    /** The data centers that machines are in, in turn. */
    private static final List<String> DATACENTERS = List.of("a", "b");

    /** Whether replicas are in two data centers, and how clients count them. */
    enum Datacenters {
        NONE,
        /** At QUORUM, now and then at LOCAL_QUORUM. */
        COUNTED_TOGETHER,
        /** At EACH_QUORUM, now and then at LOCAL_QUORUM. */
        COUNTED_EACH
    }

    private static final ConsistencyLevel LOCAL_QUORUM = ConsistencyLevel.of("LOCAL_QUORUM");
    private static final ConsistencyLevel EACH_QUORUM = ConsistencyLevel.of("EACH_QUORUM");

    private static final List<Levels> LEVELS = List.of(
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.ONE, ConsistencyLevel.ALL),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.ALL),
            new Levels(ConsistencyLevel.ALL, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.of("TWO"), ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.of("TWO")),
            new Levels(ConsistencyLevel.ONE, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.ONE),
            new Levels(ConsistencyLevel.ONE, ConsistencyLevel.ONE));

    /** Replicas of each key, as far as there are nodes: three more often than any other. */
    private static final int[] REPLICATION_FACTORS = {3, 3, 3, 3, 1, 2, 5, 5};

    private final List<String> keys = new ArrayList<>();
    private final List<Levels> levels = new ArrayList<>();
    /** How many of the keys, from the first on, are asked for again and again. */
    private final int oftenUsed;

    private final boolean keepsSiblings;
    private final boolean sloppySiblings;
    private final boolean siblingsEnd;
    private final Replication replication;
    private final int replicas;
    /** By data center, how many members it always has at least; empty where one may shrink to fewer than it has replicas. */
    private final List<Integer> leastMembers;

    private final boolean clears;
    private final boolean writesSeveral;
    private final int paddingMax;
    private final int readPercent;
    private final int deletePercent;
    private final long thoughtNanos;
    private final boolean rushes;
    private int nextValue;

    /**
     * @param mayShrink whether members of a data center may go until fewer are left than it has replicas
     * @param keepsSiblings whether there are keys that keep siblings; nothing is cleared then
     */
    Workload(RandomGenerator random, int nodes, Datacenters datacenters, boolean mayShrink, boolean keepsSiblings) {
        int replicationFactor = REPLICATION_FACTORS[random.nextInt(REPLICATION_FACTORS.length)];
        boolean counts = datacenters != Datacenters.NONE;
        // The first has the odd node.
        replication = counts ? Replication.parse(nodes % 2 == 0 ? "a:2,b:2" : "a:3,b:2") : Replication.of(replicationFactor);
        replicas = Math.min(replication.count(), nodes);
        leastMembers = mayShrink ? List.of() : replication.shares().stream().map(Replication.Share::count).toList();
        clears = random.nextInt(3) == 0 && !keepsSiblings;
        writesSeveral = random.nextInt(2) == 0;
        paddingMax = random.nextInt(3) == 0 ? PADDING_MAX : 0;
        add(STRICT, 1 + random.nextInt(STRICT_KEYS_MAX));
        add(SLOPPY, random.nextInt(OTHER_KEYS_MAX + 1));
        add(ENDING, random.nextInt(OTHER_KEYS_MAX));
        add(COUNTER, random.nextInt(OTHER_KEYS_MAX));
        this.keepsSiblings = keepsSiblings;
        if (keepsSiblings) {
            add(SIBLINGS, 1 + random.nextInt(OTHER_KEYS_MAX));
            add(TALLY, random.nextInt(OTHER_KEYS_MAX));
            add(SET, random.nextInt(OTHER_KEYS_MAX));
        }
        sloppySiblings = keepsSiblings && random.nextBoolean();
        siblingsEnd = keepsSiblings && random.nextBoolean();
        oftenUsed = keys.size();
        add(RARE, RARE_KEYS);
        levels.add(LEVELS.getFirst());
        if (random.nextBoolean()) {
            levels.add(LEVELS.get(random.nextInt(LEVELS.size())));
        }
        if (counts) {
            ConsistencyLevel often = datacenters == Datacenters.COUNTED_EACH ? EACH_QUORUM : ConsistencyLevel.QUORUM;
            levels.clear();
            levels.addAll(List.of(new Levels(often, often), new Levels(often, often), new Levels(LOCAL_QUORUM, LOCAL_QUORUM)));
        }
        readPercent = 20 + random.nextInt(60);
        deletePercent = random.nextInt(3) * 10;
        rushes = random.nextInt(3) != 0;
        thoughtNanos = TimeUnit.MILLISECONDS.toNanos(SHORTEST_THOUGHT_MILLIS << random.nextInt(4));
    }

    private void add(String prefix, int count) {
        for (int i = 0; i < count; i++) {
            keys.add(prefix + i);
        }
    }

    /** How keys of the cluster are to be kept. */
    List<Keyspace> keyspaces() {
        List<Keyspace> keyspaces = new ArrayList<>();
        keyspaces.add(new Keyspace("", replication, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false));
        keyspaces.add(new Keyspace(SLOPPY, replication, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true));
        if (keepsSiblings) {
            keyspaces.add(siblings(SIBLINGS));
            keyspaces.add(siblings(TALLY));
            keyspaces.add(new Keyspace(SET, replication, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, sloppySiblings));
        }
        return keyspaces;
    }

    private Keyspace siblings(String prefix) {
        return new Keyspace(prefix, replication, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, sloppySiblings, ConflictPolicy.SIBLINGS);
    }

    List<String> keys() {
        return keys;
    }

    /** How long a client thinks at most. */
    long thoughtNanos(long nowNanos) {
        return isRush(nowNanos) ? RUSH_THOUGHT_NANOS : thoughtNanos;
    }

    /** Whether all clients hurry, and most want the same: what is half done is seen from many sides then. */
    private boolean isRush(long nowNanos) {
        return rushes && nowNanos % RUSH_PERIOD_NANOS < RUSH_NANOS;
    }

    Wish next(RandomGenerator random, long nowNanos) {
        boolean rush = isRush(nowNanos) && random.nextInt(4) != 0;
        String key = !rush && random.nextInt(RARE_ONE_IN) == 0
                ? RARE + random.nextInt(RARE_KEYS)
                : keys.get(rush ? (int) (nowNanos / RUSH_PERIOD_NANOS % oftenUsed) : random.nextInt(oftenUsed));
        Levels chosen = levels.get(random.nextInt(levels.size()));
        Kind kind = kind(key, random);
        ConsistencyLevel level = kind == Kind.READ ? chosen.read : chosen.write;
        if (isReadFirst(key)) {
            level = ConsistencyLevel.QUORUM;
        }
        boolean ends = kind == Kind.EXPIRE
                || kind == Kind.EXPIRE_SIBLINGS
                || (kind == Kind.WRITE && key.startsWith(ENDING) && random.nextBoolean())
                || (kind == Kind.WRITE_SIBLING && isEndingSibling(key, random));
        long lives = ends ? lifeMillis(kind, random) : 0;
        if (clears && random.nextInt(CLEARS_ONE_IN) == 0) {
            return new Wish(
                    Kind.CLEAR, ALL_KEYS, null, 0, 0, ConsistencyLevel.QUORUM, quorum(ALL_KEYS, ConsistencyLevel.QUORUM), List.of());
        }
        if (kind == Kind.WRITE_SIBLING) {
            boolean deletes = key.startsWith(TALLY) || random.nextInt(100) < deletePercent;
            String value = deletes ? null : key + "=" + nextValue++;
            return new Wish(kind, key, value, deletes ? 0 : lives, 0, level, quorum(key, level), List.of());
        }
        if (kind != Kind.WRITE) {
            return new Wish(kind, key, null, lives, 0, level, quorum(key, level), List.of());
        }
        List<Wish> also = new ArrayList<>();
        if (writesSeveral && lives == 0 && random.nextInt(WRITES_SEVERAL_ONE_IN) == 0) {
            Set<String> taken = new HashSet<>(Set.of(key));
            for (int i = random.nextInt(SEVERAL_MAX); i >= 0; i--) {
                String other = keys.get(random.nextInt(keys.size()));
                if (!isReadFirst(other) && taken.add(other)) {
                    also.add(write(other, 0, level, random, List.of()));
                }
            }
        }
        return write(key, lives, level, random, also);
    }

    private boolean isEndingSibling(String key, RandomGenerator random) {
        return siblingsEnd && key.startsWith(SIBLINGS) && random.nextInt(SIBLINGS_END_ONE_IN) == 0;
    }

    /** Of siblings half are put off for so long that no clock brings their end: these must not be gone, whatever earlier end others set without knowing. */
    private static long lifeMillis(Kind kind, RandomGenerator random) {
        return kind == Kind.EXPIRE_SIBLINGS && random.nextBoolean() ? LONG_LIFE_MILLIS : 1 + random.nextLong(LIFE_MAX_MILLIS);
    }

    /** Whether what is written of it depends on what is read. */
    private static boolean isReadFirst(String key) {
        return key.startsWith(COUNTER) || key.startsWith(SIBLINGS) || key.startsWith(TALLY) || key.startsWith(SET);
    }

    private Wish write(String key, long livesMillis, ConsistencyLevel level, RandomGenerator random, List<Wish> also) {
        String value = key + "=" + nextValue++;
        int padding = paddingMax == 0 ? 0 : random.nextInt(paddingMax);
        return new Wish(Kind.WRITE, key, value, livesMillis, padding, level, quorum(key, level), also);
    }

    private Kind kind(String key, RandomGenerator random) {
        int percent = random.nextInt(100);
        if (key.startsWith(RARE)) {
            return percent < RARE_READ_PERCENT ? Kind.READ : Kind.WRITE;
        }
        if (percent < readPercent) {
            return readKind(key);
        }
        if (key.startsWith(SIBLINGS) || key.startsWith(SET)) {
            return isEndingSibling(key, random) ? Kind.EXPIRE_SIBLINGS : Kind.WRITE_SIBLING;
        }
        if (key.startsWith(TALLY)) {
            return random.nextInt(100) * 2 < deletePercent ? Kind.WRITE_SIBLING : Kind.COUNT;
        }
        if (key.startsWith(COUNTER)) {
            return Kind.INCREMENT;
        }
        if (key.startsWith(ENDING) && random.nextInt(10) == 0) {
            return Kind.EXPIRE;
        }
        return random.nextInt(100) < deletePercent ? Kind.DELETE : Kind.WRITE;
    }

    private static Kind readKind(String key) {
        return key.startsWith(SIBLINGS) ? Kind.READ_SIBLINGS : key.startsWith(SET) ? Kind.READ_SET : Kind.READ;
    }

    static boolean isSet(String key) {
        return key.startsWith(SET);
    }

    /** A read of a key at a level. */
    Wish read(String key, ConsistencyLevel level) {
        return new Wish(readKind(key), key, null, 0, 0, level, quorum(key, level), List.of());
    }

    /** By data center, in the order of {@link #DATACENTERS}, how many members have to stay; empty for any number. */
    List<Integer> leastMembers() {
        return leastMembers;
    }

    private boolean isSloppy(String key) {
        return key.startsWith(SLOPPY) || (sloppySiblings && (key.startsWith(SIBLINGS) || key.startsWith(TALLY) || key.startsWith(SET)));
    }

    private Quorum quorum(String key, ConsistencyLevel level) {
        return new Quorum(replicas, required(level), !isSloppy(key));
    }

    /**
     * What a wish asks for of replicas where it is known who is asked.
     *
     * @param coordinator the machine of the node that is asked
     */
    Quorum quorum(Wish wish, int coordinator) {
        Quorum any = wish.quorum;
        if (leastMembers.isEmpty() || wish.kind == Kind.CLEAR) {
            return any;
        }
        int here = datacenterOf(coordinator);
        ConsistencyLevel level = wish.level;
        boolean local = level.scope() == ConsistencyLevel.Scope.LOCAL;
        int required = local ? level.required(leastMembers.get(here)) : any.required();
        List<Quorum.Part> parts = new ArrayList<>();
        for (int i = 0; i < leastMembers.size(); i++) {
            int there = leastMembers.get(i);
            // Of all levels but those that say so, the others elsewhere may be all that took part.
            int certain = switch (level.scope()) {
                case LOCAL -> i == here ? required : 0;
                case EACH -> level.required(there);
                case ALL -> Math.max(0, required - (replicas - there));
            };
            parts.add(new Quorum.Part(there, certain));
        }
        return new Quorum(replicas, required, any.strict(), parts, local ? here : Quorum.ANYWHERE);
    }

    /** The name of the data center that a machine is in. */
    public static String datacenterName(int machine) {
        return DATACENTERS.get(datacenterOf(machine));
    }

    /** In which data center a machine is. */
    static int datacenterOf(int machine) {
        return machine % DATACENTERS.size();
    }

    /** How many replicas a level takes at least, whichever data center the client is in. */
    private int required(ConsistencyLevel level) {
        if (!replication.isPerDatacenter() || level.scope() == ConsistencyLevel.Scope.ALL) {
            return level.required(replicas);
        }
        // A data center may shrink to one member, and that one is a majority of it then.
        IntStream each = replication.shares().stream().mapToInt(share -> level.required(share.count()));
        return level.scope() == ConsistencyLevel.Scope.EACH ? each.sum() : 1;
    }
}
