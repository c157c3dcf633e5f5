package io.ringtail.cluster.antientropy;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hashes of leaves are those of what is held, whatever came when. */
class LeafHashesTest {
    private static final int LEAF_BITS = 10;
    private static final TreeNode ROOT = new TreeNode(0, 0);

    private static final Keyspace ONE = new Keyspace("one:", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
    private static final Keyspace FIVE = new Keyspace("five:", 5, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);

    private final QuorumWorld world = new QuorumWorld(5, Keyspace.DEFAULT, ONE, FIVE);

    @AfterEach
    void close() {
        world.close();
    }

    private LeafHashes hashes(int node) {
        return new LeafHashes(world.node(node).store, world.node(node).times, LEAF_BITS, world.node(node).ring, world.node(node)::nanoTime, Set.of());
    }

    private static void refresh(LeafHashes hashes) {
        for (int i = 0; i < 100; i++) {
            if (hashes.refresh(ROOT)) {
                return;
            }
        }
        throw new AssertionError("never done");
    }

    /** A write of any kind to some key of few. */
    private record Change(Key key, Record record) {}

    private static Change change(Random random) {
        String prefix = List.of("", "one:", "five:").get(random.nextInt(3));
        Key key = key(prefix + random.nextInt(300));
        long time = hlc(1 + random.nextInt(500));
        long actor = 1 + random.nextInt(3);
        byte[] value = (time + " " + actor).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Record record = switch (random.nextInt(4)) {
            case 0 -> new Record().setTombstone(time, actor);
            case 1 -> new Record().setExpiry(time, actor, time >>> 16);
            default -> new Record().setValue(time, actor, 0, value, 0, value.length);
        };
        return new Change(key, record);
    }

    private void apply(int node, Change change) {
        world.node(node).data.lock();
        try {
            world.node(node).data.accept(change.key, change.record, true);
        } finally {
            world.node(node).data.unlock();
        }
    }

    private long fresh(LeafHashes of, int factorMin) {
        long[] hash = new long[1];
        int ignored = new RangeReader(world.node(1).store, world.node(1).times, of).hashBelow(ROOT, 0, factorMin, hash);
        return hash[0];
    }

    @Test
    void hashesAreEqualExactlyWhereTheDataAre() {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            LeafHashes a = hashes(1);
            LeafHashes b = hashes(2);
            List<Change> changes = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                changes.add(change(random));
            }
            List<Change> inAnotherOrder = new ArrayList<>(changes);
            Collections.shuffle(inAnotherOrder, random);
            for (int i = 0; i < changes.size(); i++) {
                apply(1, changes.get(i));
                apply(2, inAnotherOrder.get(i));
                if (random.nextInt(20) == 0) {
                    refresh(a);
                    refresh(b);
                }
                if (random.nextInt(100) == 0) {
                    world.node(1).flush();
                }
            }
            refresh(a);
            refresh(b);
            for (int factor : new int[] {1, 2, 3, 4, 5, 6}) {
                assertThat(a.hash(ROOT, factor)).as("seed %d", seed).isEqualTo(b.hash(ROOT, factor));
                assertThat(a.hash(ROOT, factor)).as("seed %d", seed).isEqualTo(factor == 6 ? 0 : fresh(a, factor));
            }
            Change one = new Change(key("" + random.nextInt(300)), new Record().setTombstone(hlc(1_000 * seed), 1));
            apply(1, one);
            refresh(a);
            for (int leaf = 0; leaf < 1 << LEAF_BITS; leaf++) {
                TreeNode node = ROOT.child(leaf >>> 5, 5).child(leaf & 31, 5);
                boolean holdsIt = one.key.token() >>> 64 - LEAF_BITS == leaf;
                assertThat(a.hash(node, 1) != b.hash(node, 1)).as("seed %d", seed).isEqualTo(holdsIt);
                assertThat(a.hash(node, 4)).as("of five replicas, seed %d", seed).isEqualTo(b.hash(node, 4));
            }
            apply(2, one);
        }
    }

    @Test
    void aClearingChangesAllThatItHides() {
        LeafHashes a = hashes(1);
        apply(1, new Change(key("x"), new Record().setTombstone(hlc(1), 1)));
        apply(1, new Change(key("y"), new Record().setTombstone(hlc(9), 1)));
        refresh(a);
        world.node(1).data.lock();
        world.node(1).data.clear(0, hlc(5));
        world.node(1).data.unlock();
        refresh(a);
        apply(2, new Change(key("y"), new Record().setTombstone(hlc(9), 1)));
        LeafHashes b = hashes(2);
        refresh(b);
        assertThat(a.hash(ROOT, 1)).isEqualTo(b.hash(ROOT, 1)).isNotZero();
    }

    @Test
    void otherKeyspacesHaveAllHashedAgain() {
        LeafHashes a = hashes(1);
        apply(1, new Change(key("two:x"), new Record().setTombstone(hlc(1), 1)));
        refresh(a);
        assertThat(a.hash(ROOT, 4)).isZero();
        Keyspace two = new Keyspace("two:", 5, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
        a.ring(Ring.of(QuorumWorld.topology(5, 2, Keyspace.DEFAULT, two)));
        refresh(a);
        assertThat(a.hash(ROOT, 4)).isNotZero().isEqualTo(a.hash(ROOT, 1));
        long hashed = a.keysHashed();
        a.ring(Ring.of(QuorumWorld.topology(4, 3, Keyspace.DEFAULT, two)));
        refresh(a);
        assertThat(a.keysHashed()).as("other members, the same keyspaces").isEqualTo(hashed);
    }

    @Test
    void onlyLeavesThatWereWrittenToAreHashedAgain() {
        LeafHashes a = hashes(1);
        for (int i = 0; i < 5_000; i++) {
            apply(1, new Change(key("k" + i), new Record().setTombstone(hlc(1), 1)));
        }
        refresh(a);
        long hashed = a.keysHashed();
        apply(1, new Change(key("k7"), new Record().setTombstone(hlc(2), 1)));
        apply(1, new Change(key("k8"), new Record().setTombstone(hlc(1), 1)));
        assertThat(a.dirtyCount()).as("of which one has changed nothing").isEqualTo(1);
        refresh(a);
        assertThat(a.keysHashed() - hashed).isBetween(1L, 30L);
    }

    @Test
    void aWriteThatComesWhileItsLeafIsReadMarksItAgain() {
        ReentrantLock lock = new ReentrantLock();
        DirtyLeaves dirty = new DirtyLeaves(lock, LEAF_BITS, Set.of());
        lock.lock();
        try {
            assertThat(dirty.take(3, 70, 1 << LEAF_BITS)).isEqualTo(new DirtyLeaves.Run(3, 70));
            assertThat(dirty.any(3, 70)).isFalse();
            dirty.merged(65L << 64 - LEAF_BITS);
            assertThat(dirty.take(3, 70, 1 << LEAF_BITS)).isEqualTo(new DirtyLeaves.Run(65, 65));
            assertThat(dirty.any(3, 70)).isFalse();
            assertThat(dirty.any(0, 2)).isTrue();
            assertThat(dirty.any(71, 71)).isTrue();
            dirty.cleared(0);
            assertThat(dirty.take(60, 1023, 10)).isEqualTo(new DirtyLeaves.Run(60, 69));
            DirtyLeaves forgetful = new DirtyLeaves(lock, LEAF_BITS, Set.of(Flaw.LEAF_NOT_MARKED));
            forgetful.take(0, 1023, 2_000);
            forgetful.merged(1);
            assertThat(forgetful.any(0, 1023)).as("the flaw").isFalse();
        } finally {
            lock.unlock();
        }
    }

    @Test
    void aRangeOfMarksIsThoseOfItsLeaves() {
        ReentrantLock lock = new ReentrantLock();
        Random random = new Random(6);
        for (int run = 0; run < 500; run++) {
            DirtyLeaves dirty = new DirtyLeaves(lock, LEAF_BITS, Set.of());
            lock.lock();
            dirty.take(0, 1023, 1024);
            lock.unlock();
            int a = random.nextInt(1024);
            int first = random.nextBoolean() ? a : Math.max(0, a - random.nextInt(70));
            dirty.mark(first, a);
            assertThat(dirty.count()).as("run %d", run).isEqualTo(a - first + 1);
            assertThat(dirty.any(first, first)).as("run %d", run).isTrue();
            assertThat(dirty.any(a, a)).as("run %d", run).isTrue();
        }
    }

    /** What is specified in the description of the protocol, worked out anew. */
    @Test
    void theNumberOfAnEntryIsAsSpecified() {
        Key key = key("x");
        Record record = new Record().setTombstone(hlc(5), 77);
        long[] parts = {Record.FLAG_VALUE | Record.FLAG_TOMBSTONE, hlc(5), 77, 0, 0};
        long expected = key.filterHash();
        for (long part : parts) {
            long c = (expected ^ part) * 0x9E3779B97F4A7C15L;
            long b = (c ^ c >>> 32) * 0xD6E8FEB86659FD93L;
            expected = b ^ b >>> 29;
        }
        assertThat(new ItemHash().of(key, record)).isEqualTo(expected);
    }

    @Test
    void whileWritesGoOnNoneIsOverlooked() throws InterruptedException {
        AtomicLong nanos = new AtomicLong();
        LeafHashes a = new LeafHashes(world.node(1).store, world.node(1).times, LEAF_BITS, world.node(1).ring, nanos::get, Set.of());
        Thread writer = new Thread(() -> {
            // Each key once: a mark that was lost is not made up for by another write.
            for (int i = 0; i < 15_000; i++) {
                apply(1, new Change(key("k" + i), new Record().setTombstone(hlc(i), 1)));
            }
        });
        writer.start();
        while (writer.isAlive()) {
            boolean ignored = a.refresh(ROOT);
        }
        writer.join();
        refresh(a);
        long known = a.hash(ROOT, 1);
        assertThat(known).isEqualTo(fresh(a, 1));
    }

    @Test
    void whatIsMoreThanOnePieceOfWorkTakesSeveral() {
        LeafHashes a = hashes(1);
        for (int i = 0; i < 40_000; i++) {
            apply(1, new Change(key("k" + i), new Record().setTombstone(hlc(1), 1)));
            if (i % 10_000 == 0) {
                world.node(1).flush();
            }
        }
        assertThat(a.refresh(ROOT)).isFalse();
        assertThat(a.keysHashed()).isBetween(30_000L, 34_000L);
        refresh(a);
        assertThat(a.keysHashed()).isBetween(40_000L, 40_100L);
        assertThat(a.hash(ROOT, 1)).isEqualTo(fresh(a, 1));
    }

    @Test
    void afterWorkItRests() {
        AtomicLong nanos = new AtomicLong();
        // Each look at the clock is a microsecond later, so that a piece of work takes one.
        LeafHashes a = new LeafHashes(world.node(1).store, world.node(1).times, LEAF_BITS, world.node(1).ring, () -> nanos.addAndGet(1_000), Set.of());
        assertThat(a.refresh(ROOT)).isTrue();
        apply(1, new Change(key("x"), new Record().setTombstone(hlc(1), 1)));
        assertThat(a.refresh(ROOT)).isFalse();
        nanos.addAndGet(8_000);
        assertThat(a.refresh(ROOT)).isTrue();
        assertThat(a.hash(ROOT, 1)).isNotZero();
    }
}
