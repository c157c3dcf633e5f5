package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Quorum;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What clients wish for: few keys, so that they meet, and values that are never written twice. Which keys and levels, how much is written and how long clients think
 * differs from run to run.
 *
 * <p>Keys tell by their beginning what they are for: {@code strict-}, {@code sloppy-}, {@code ending-} (values that end by themselves), {@code counter-}.
 */
final class Workload {
    static final String SLOPPY = "sloppy-";
    private static final String STRICT = "strict-";
    private static final String ENDING = "ending-";
    private static final String COUNTER = "counter-";
    private static final int STRICT_KEYS_MAX = 8;
    private static final int OTHER_KEYS_MAX = 3;
    private static final long LIFE_MAX_MILLIS = 20_000;

    /**
     * One request to be made.
     *
     * @param livesMillis how long what is written lives, 0 for ever
     */
    record Wish(Kind kind, String key, @Nullable String value, long livesMillis, ConsistencyLevel level, Quorum quorum) {}

    /** Levels that go together: most often such that reads meet writes and writes meet writes. */
    private record Levels(ConsistencyLevel read, ConsistencyLevel write) {}

    private static final List<Levels> LEVELS = List.of(
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.ONE, ConsistencyLevel.ALL),
            new Levels(ConsistencyLevel.QUORUM, ConsistencyLevel.ALL),
            new Levels(ConsistencyLevel.ALL, ConsistencyLevel.QUORUM),
            new Levels(ConsistencyLevel.ONE, ConsistencyLevel.ONE));

    private final List<String> keys = new ArrayList<>();
    private final List<Levels> levels = new ArrayList<>();
    private final int replicas;
    private final int readPercent;
    private final int deletePercent;
    private final long thoughtNanos;
    private int nextValue;

    Workload(RandomGenerator random, int nodes) {
        replicas = Math.min(Keyspace.DEFAULT.replicationFactor(), nodes);
        add(STRICT, 1 + random.nextInt(STRICT_KEYS_MAX));
        add(SLOPPY, random.nextInt(OTHER_KEYS_MAX + 1));
        add(ENDING, random.nextInt(OTHER_KEYS_MAX));
        add(COUNTER, random.nextInt(OTHER_KEYS_MAX));
        levels.add(LEVELS.getFirst());
        if (random.nextBoolean()) {
            levels.add(LEVELS.get(random.nextInt(LEVELS.size())));
        }
        readPercent = 20 + random.nextInt(60);
        deletePercent = random.nextInt(3) * 10;
        thoughtNanos = TimeUnit.MILLISECONDS.toNanos(5L << random.nextInt(6));
    }

    private void add(String prefix, int count) {
        for (int i = 0; i < count; i++) {
            keys.add(prefix + i);
        }
    }

    /** How keys of the cluster are to be kept. */
    static List<Keyspace> keyspaces() {
        return List.of(
                Keyspace.DEFAULT,
                new Keyspace(
                        SLOPPY, Keyspace.DEFAULT.replicationFactor(), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true));
    }

    List<String> keys() {
        return keys;
    }

    /** How long a client thinks at most. */
    long thoughtNanos() {
        return thoughtNanos;
    }

    Wish next(RandomGenerator random) {
        String key = keys.get(random.nextInt(keys.size()));
        Levels chosen = levels.get(random.nextInt(levels.size()));
        Kind kind = kind(key, random);
        ConsistencyLevel level = kind == Kind.READ ? chosen.read : chosen.write;
        if (kind == Kind.INCREMENT || key.startsWith(COUNTER)) {
            level = ConsistencyLevel.QUORUM;
        }
        boolean ends = kind == Kind.EXPIRE || (kind == Kind.WRITE && key.startsWith(ENDING) && random.nextBoolean());
        long lives = ends ? 1 + random.nextLong(LIFE_MAX_MILLIS) : 0;
        String value = kind == Kind.WRITE ? key + "=" + nextValue++ : null;
        return new Wish(kind, key, value, lives, level, quorum(key, level));
    }

    private Kind kind(String key, RandomGenerator random) {
        int percent = random.nextInt(100);
        if (percent < readPercent) {
            return Kind.READ;
        }
        if (key.startsWith(COUNTER)) {
            return Kind.INCREMENT;
        }
        if (key.startsWith(ENDING) && random.nextInt(10) == 0) {
            return Kind.EXPIRE;
        }
        return random.nextInt(100) < deletePercent ? Kind.DELETE : Kind.WRITE;
    }

    /** A read of a key at a level. */
    Wish read(String key, ConsistencyLevel level) {
        return new Wish(Kind.READ, key, null, 0, level, quorum(key, level));
    }

    private Quorum quorum(String key, ConsistencyLevel level) {
        return new Quorum(replicas, level.required(replicas), !key.startsWith(SLOPPY));
    }
}
