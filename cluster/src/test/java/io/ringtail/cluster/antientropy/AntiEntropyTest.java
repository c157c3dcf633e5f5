package io.ringtail.cluster.antientropy;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.TokenRanges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas that hold different things come to hold the same, and nothing more than that is sent. */
class AntiEntropyTest {
    private static final RepairOptions ASKED = new RepairOptions(14, 1 << 30, 0, 600_000);
    private static final RepairOptions ALWAYS = new RepairOptions(14, 1 << 30, 1_000, 600_000);
    private static final Keyspace ONE = new Keyspace("one:", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
    private static final Keyspace FIVE = new Keyspace("five:", 5, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);

    private final List<QuorumWorld> worlds = new ArrayList<>();
    private QuorumWorld world = world(3);

    private QuorumWorld world(int count, Keyspace... keyspaces) {
        world = new QuorumWorld(count, keyspaces);
        worlds.add(world);
        return world;
    }

    @AfterEach
    void close() {
        worlds.forEach(QuorumWorld::close);
    }

    private List<AntiEntropy> start(RepairOptions options) {
        return world.nodes.stream().map(node -> node.startAntiEntropy(options)).toList();
    }

    private RepairReport repair(AntiEntropy by, int partition) {
        List<RepairReport> reports = new ArrayList<>();
        by.repair(partition, reports::add);
        world.pass(600_000);
        assertThat(world.malformed).isEmpty();
        assertThat(reports).hasSize(1);
        return reports.getFirst();
    }

    private void put(int node, Key key, Record record) {
        world.node(node).data.lock();
        try {
            world.node(node).data.accept(key, record, true);
        } finally {
            world.node(node).data.unlock();
        }
    }

    private static Record value(long millis, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Record().setValue(hlc(millis), 9, 0, bytes, 0, bytes.length);
    }

    private static Record tombstone(long millis) {
        return new Record().setTombstone(hlc(millis), 9);
    }

    private void assertSame(Key key, String value) {
        world.nodes.forEach(node -> assertThat(node.holds(key)).as("node %d, %s", node.id, key).isEqualTo(value));
    }

    @Test
    void eachIsGivenWhatItLacksAndNothingIsVersionedAnew() {
        List<AntiEntropy> all = start(ASKED);
        put(1, key("a"), value(5, "new"));
        put(2, key("a"), value(4, "old"));
        put(2, key("b"), value(1, "b"));
        put(3, key("c"), tombstone(7));
        put(1, key("c"), value(6, "deleted since"));
        RepairReport report = repair(all.getFirst(), -1);
        // What the second and third lack of each other's comes with the first's.
        assertThat(repair(all.get(1), -1).isWhole()).isTrue();
        assertThat(report.isWhole()).isTrue();
        assertThat(report.failure()).isNull();
        assertThat(report.rangesCompared()).isEqualTo(2 * QuorumWorld.PARTITIONS);
        assertThat(report.recordsReceived()).isEqualTo(2);
        assertSame(key("a"), "new");
        assertSame(key("b"), "b");
        assertSame(key("c"), "deleted");
        world.nodes.forEach(node -> assertThat(node.heldHlc(key("a"))).isEqualTo(hlc(5)));
    }

    @Test
    void theLaterValueOfOneAndTheLaterEndOfTheOtherBothStay() {
        List<AntiEntropy> all = start(ASKED);
        Record old = value(1, "old");
        put(1, key("a"), old);
        put(2, key("a"), old);
        put(3, key("a"), value(2, "new"));
        put(1, key("a"), new Record().setExpiry(hlc(3), 4, 77));
        assertThat(repair(all.getFirst(), -1).isWhole()).isTrue();
        assertThat(repair(all.get(1), -1).isWhole()).isTrue();
        world.nodes.forEach(node -> {
            Record held = new Record();
            assertThat(node.data.read(key("a"), held)).isTrue();
            assertThat(new String(held.value(), StandardCharsets.UTF_8)).isEqualTo("new");
            assertThat(held.expireAtMillis()).isEqualTo(77);
        });
    }

    @Test
    void equalReplicasExchangeHashesOnly() {
        List<AntiEntropy> all = start(ASKED);
        for (int i = 0; i < 3_000; i++) {
            for (int node = 1; node <= 3; node++) {
                put(node, key("k" + i), value(i, "v"));
            }
        }
        repair(all.getFirst(), -1);
        world.sent.clear();
        world.sentBytes = 0;
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.leavesDiffering() + report.recordsReceived() + report.recordsSent()).isZero();
        // Of 64 partitions a third is shared alike, in two messages of up to 16: as first and second replica, first and third, second and third.
        assertThat(world.sent).hasSize(20).allMatch(message -> message.contains("COMPARE"));
        assertThat(world.sentBytes).isEqualTo(report.bytes() + 9 * 10).isLessThan(4_000);
    }

    /**
     * Replicas of 100,000 keys of which 100 differ: what is sent stays below a hundredth of what is held. For more keys: {@code mvn -pl cluster -am test
     * -Dtest='AntiEntropyTest#traffic*' -Dsurefire.failIfNoSpecifiedTests=false -Dringtail.repair.keys=1000000}.
     */
    @Test
    void trafficIsInProportionToTheDifference() {
        int keys = Integer.getInteger("ringtail.repair.keys", 100_000);
        world(2);
        List<AntiEntropy> all = start(new RepairOptions(RepairOptions.DEFAULT_LEAF_BITS, 1 << 30, 0, 600_000));
        long dataBytes = fill(keys);
        repair(all.getFirst(), -1);
        Random random = new Random(8);
        for (int i = 0; i < 100; i++) {
            put(1 + i % 2, key("k" + random.nextInt(keys)), value(10_000 + i, "x".repeat(100)));
        }
        world.sentBytes = 0;
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.recordsReceived()).isBetween(45L, 50L);
        assertThat(report.recordsSent()).isBetween(45L, 50L);
        assertThat(world.sentBytes).as("of %d, %s", dataBytes, report).isLessThan(dataBytes / 100);
        world.sentBytes = 0;
        assertThat(repair(all.getFirst(), -1).leavesDiffering()).isZero();
    }

    private long fill(int keys) {
        long bytes = 0;
        for (int i = 0; i < keys; i++) {
            Key key = key("k" + i);
            Record record = value(1 + i % 1_000, "v".repeat(100));
            bytes += key.size() + record.size();
            for (QuorumWorld.Node node : world.nodes) {
                put((int) node.id, key, record);
                if (i % 10_000 == 0) {
                    node.flush();
                }
            }
        }
        return bytes;
    }

    @Test
    void whoHoldsNothingIsGivenAllInLargePieces() {
        List<AntiEntropy> all = start(ASKED);
        for (int i = 0; i < 20_000; i++) {
            for (int node = 2; node <= 3; node++) {
                put(node, key("k" + i), value(i, "v"));
            }
        }
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.recordsReceived()).isEqualTo(20_000);
        assertThat(world.sent).hasSizeLessThan(1_000);
        for (int i = 0; i < 20_000; i += 999) {
            assertSame(key("k" + i), "v");
        }
        assertThat(repair(all.get(1), -1).leavesDiffering()).isZero();
    }

    @Test
    void whoHoldsNothingIsGivenAllByWhoeverFindsOut() {
        List<AntiEntropy> all = start(ASKED);
        for (int i = 0; i < 5_000; i++) {
            put(2, key("k" + i), value(i, "v"));
        }
        RepairReport report = repair(all.get(1), -1);
        assertThat(report.recordsSent()).isEqualTo(10_000);
        assertThat(repair(all.getFirst(), -1).leavesDiffering()).isZero();
    }

    @Test
    void manyKeysOfOneHashTagAndLargeValuesArePagedThrough() {
        List<AntiEntropy> all = start(ASKED);
        for (int i = 0; i < 3_000; i++) {
            put(1, key("{tag}" + i), value(i, "v"));
        }
        for (int i = 0; i < 3_000; i++) {
            put(2, key("{tag}x" + i), value(i, "v"));
        }
        for (int i = 0; i < 20; i++) {
            put(3, key("{tag}large" + i), value(i, "v".repeat(100_000)));
        }
        assertThat(repair(all.getFirst(), -1).isWhole()).isTrue();
        assertThat(repair(all.get(1), -1).isWhole()).isTrue();
        assertThat(repair(all.get(2), -1).leavesDiffering()).isZero();
        assertSame(key("{tag}17"), "v");
        assertSame(key("{tag}x2999"), "v");
        assertSame(key("{tag}large19"), "v".repeat(100_000));
    }

    @Test
    void aClearingComesToThoseWhoMissedIt() {
        List<AntiEntropy> all = start(ASKED);
        for (int node = 1; node <= 3; node++) {
            put(node, key("a"), value(1, "cleared"));
            put(node, key("b"), value(9, "later"));
        }
        world.node(2).data.lock();
        world.node(2).data.clear(0, hlc(5));
        world.node(2).data.unlock();
        RepairReport report = repair(all.getFirst(), -1);
        repair(all.getFirst(), -1);
        assertThat(report.recordsSent() + report.recordsReceived()).as("no record had to be sent for it").isZero();
        assertSame(key("a"), "deleted");
        assertSame(key("b"), "later");
        world.nodes.forEach(node -> assertThat(node.heldHlc(key("a"))).isEqualTo(hlc(5)));
    }

    /** Of five members each key has one, three or five: everybody comes to hold those that it has, and no others. */
    @Test
    void exactlyTheKeysThatBothAreReplicasOfAreCompared() {
        world(5, Keyspace.DEFAULT, ONE, FIVE);
        List<AntiEntropy> all = start(ASKED);
        Random random = new Random(3);
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 900; i++) {
            String prefix = List.of("", "one:", "five:").get(i % 3);
            Key key = key(prefix + i);
            keys.add(key);
            List<Integer> replicas = replicas(key);
            put(replicas.get(random.nextInt(replicas.size())), key, value(i, "v" + i));
        }
        all.forEach(each -> assertThat(repair(each, -1).isWhole()).isTrue());
        all.forEach(each -> assertThat(repair(each, -1).leavesDiffering()).isZero());
        for (int i = 0; i < keys.size(); i++) {
            List<Integer> replicas = replicas(keys.get(i));
            for (int node = 1; node <= 5; node++) {
                assertThat(world.node(node).holds(keys.get(i)))
                        .as("node %d, of %s", node, replicas)
                        .isEqualTo(replicas.contains(node) ? "v" + i : "nothing");
            }
        }
    }

    private List<Integer> replicas(Key key) {
        Ring ring = world.node(1).ring;
        ReplicaSet set = ring.replicas(ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize()), key.token());
        int[] preference = set.preference();
        int count = set.count();
        List<Integer> replicas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            replicas.add(preference[i] + 1);
        }
        return replicas;
    }

    @Test
    void withoutBeingAskedReplicasBecomeEqual() {
        List<AntiEntropy> all = start(ALWAYS);
        world.pass(2_000);
        for (int i = 0; i < 100; i++) {
            put(1 + i % 3, key("k" + i), value(i, "v"));
        }
        world.pass(5_000);
        for (int i = 0; i < 100; i++) {
            assertSame(key("k" + i), "v");
        }
        assertThat(all.getFirst().counters().cycles.sum()).isPositive();
        assertThat(all.getFirst().counters().lastCycleMillis()).isPositive();
    }

    @Test
    void aMemberThatCannotBeReachedIsPassedOver() {
        List<AntiEntropy> all = start(ALWAYS);
        world.isolate(3);
        put(1, key("a"), value(1, "v"));
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.rangesFailed()).isEqualTo(QuorumWorld.PARTITIONS);
        assertThat(report.failure()).isEqualTo("a replica cannot be reached");
        assertThat(world.node(2).holds(key("a"))).isEqualTo("v");
        assertThat(all.getFirst().counters().cycles.sum()).as("none was whole").isZero();
        world.heal();
        world.pass(5_000);
        assertSame(key("a"), "v");
    }

    @Test
    void oneThatFallsSilentIsGivenUp() {
        List<AntiEntropy> all = start(ASKED);
        world.silence(2, 1);
        put(1, key("a"), value(1, "v"));
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.failure()).isEqualTo("the member did not answer in time");
        assertThat(world.node(3).holds(key("a"))).isEqualTo("v");
    }

    @Test
    void membersOfDifferentEpochsDoNotCompare() {
        List<AntiEntropy> all = start(ASKED);
        put(1, key("a"), value(1, "v"));
        world.node(2).ring = Ring.of(QuorumWorld.topology(3, 2));
        world.node(3).frozen = true;
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.rangesFailed()).isEqualTo(2 * QuorumWorld.PARTITIONS);
        assertThat(world.node(1).heard).contains("2 at 2");
        assertThat(world.node(2).holds(key("a"))).isEqualTo("nothing");
        assertThat(world.node(3).holds(key("a"))).isEqualTo("nothing");
        assertThat(repair(all.get(1), -1).isWhole()).isFalse();
        assertThat(world.node(1).heard).as("who is behind asks for the newer one").contains("2 at 2");
        world.node(3).frozen = false;
        world.node(1).ring = world.node(2).ring;
        world.node(3).ring = world.node(2).ring;
        assertThat(repair(all.getFirst(), -1).isWhole()).isTrue();
        assertSame(key("a"), "v");
    }

    @Test
    void anEpochThatComesInTheMiddleEndsIt() {
        List<AntiEntropy> all = start(new RepairOptions(14, 20_000, 0, 600_000));
        for (int i = 0; i < 5_000; i++) {
            put(2, key("k" + i), value(i, "v"));
        }
        List<RepairReport> reports = new ArrayList<>();
        all.getFirst().repair(-1, reports::add);
        world.pass(5_000);
        assertThat(reports).isEmpty();
        world.nodes.forEach(node -> node.ring = Ring.of(QuorumWorld.topology(3, 2)));
        world.pass(60_000);
        assertThat(reports).singleElement().matches(report -> !report.isWhole());
    }

    @Test
    void whatIsSentKeepsToTheRate() {
        List<AntiEntropy> all = start(new RepairOptions(14, 100_000, 0, 600_000));
        for (int i = 0; i < 20_000; i++) {
            put(2, key("k" + i), value(i, "v".repeat(100)));
        }
        List<RepairReport> reports = new ArrayList<>();
        all.getFirst().repair(-1, reports::add);
        world.sentBytes = 0;
        world.pass(10_000);
        // What there was room for from the start, and the batch by which it is overdrawn.
        assertThat(world.sentBytes).isBetween(500_000L, 1_000_000L + 3 * RangeReader.BATCH_BYTES);
        assertThat(reports).isEmpty();
        world.pass(120_000);
        assertThat(reports).singleElement().matches(RepairReport::isWhole);
    }

    @Test
    void oneRangeIsRepairedWithAMemberThatIsNoReplicaOfIt() {
        world(4, Keyspace.DEFAULT, ONE);
        List<AntiEntropy> all = start(ASKED);
        Key one = world.keyOf("one:", 1, 2, 3);
        long partition = one.token() >>> 58;
        put(1, one, value(1, "one"));
        Key other = key("elsewhere");
        assertThat(other.token() >>> 58).isNotEqualTo(partition);
        put(1, other, value(1, "other"));
        List<RepairReport> reports = new ArrayList<>();
        long first = partition << 58;
        all.get(3).compareRange(1, first, first | -1L >>> 6, 1, reports::add);
        all.get(3).compareRange(1, first, first | -1L >>> 6, 2, reports::add);
        world.pass(1_000);
        assertThat(reports).extracting(RepairReport::leavesDiffering).containsExactly(1L, 0L);
        assertThat(world.node(4).holds(one)).isEqualTo("nothing");
        all.get(3).repairRange(1, first, first | -1L >>> 6, 1, reports::add);
        world.pass(1_000);
        assertThat(reports.getLast().recordsReceived()).isEqualTo(1);
        assertThat(world.node(4).store.statistics().unsyncedBytes()).as("what was received is durable").isZero();
        assertThat(world.node(4).holds(one)).isEqualTo("one");
        assertThat(world.node(4).holds(other)).isEqualTo("nothing");
    }

    @Test
    void aHashThatIsNoGoodIsFoundAndMadeGood() {
        List<AntiEntropy> all = start(ASKED);
        put(1, key("a"), value(1, "v"));
        put(2, key("a"), value(1, "v"));
        put(3, key("a"), value(1, "v"));
        repair(all.getFirst(), -1);
        // Behind everybody's back, as compaction by another rule would: the mark is not set.
        world.node(1).store.mergeListener(io.ringtail.engine.MergeListener.NONE);
        for (int node = 1; node <= 3; node++) {
            put(node, key("a"), value(2, "w"));
        }
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.leavesDiffering()).isEqualTo(1);
        assertThat(report.recordsSent() + report.recordsReceived()).isZero();
        assertThat(repair(all.getFirst(), -1).leavesDiffering()).isZero();
    }

    @Test
    void comparingAPartitionTellsWhoDiffers() {
        List<AntiEntropy> all = start(ASKED);
        Key key = key("a");
        put(1, key, value(1, "v"));
        put(2, key, value(1, "v"));
        world.isolate(3);
        List<AntiEntropy.Comparisons> told = new ArrayList<>();
        all.getFirst().compare((int) (key.token() >>> 58), told::add);
        world.pass(30_000);
        AntiEntropy.Comparisons comparisons = told.getFirst();
        assertThat(comparisons.root()).isNotZero();
        assertThat(comparisons.members()).hasSize(2).allSatisfy(each -> {
            assertThat(each.isKnown()).isEqualTo(each.memberId() == 2);
            assertThat(each.isEqual() || each.memberId() == 3).isTrue();
        });
    }

    @Test
    void timesFarAheadAreNotTaken() {
        List<AntiEntropy> all = start(ASKED);
        world.node(2).clockOffMillis = 3_600_000;
        put(2, key("a"), value(3_000_000, "from the future"));
        world.node(2).data.lock();
        world.node(2).data.clear(1, hlc(3_000_000));
        world.node(2).data.unlock();
        repair(all.getFirst(), -1);
        assertThat(world.node(1).holds(key("a"))).isEqualTo("nothing");
        assertThat(world.node(1).store.session().floor(1)).isZero();
        assertThat(world.node(1).clock.nowHlc()).isLessThan(hlc(1_500_000));
    }

    @Test
    void whoLeavesSomethingOutForItsClockIsNotWhole() {
        List<AntiEntropy> all = start(ASKED);
        QuorumWorld.Node first = world.node(1);
        first.closedByAll = hlc(1);
        world.node(2).clockOffMillis = 3_600_000;
        put(2, key("a"), value(3_000_000, "from the future"));
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.isWhole()).isFalse();
        assertThat(report.failure()).contains("too far ahead of this node's clock");
        assertThat(first.wholeThrough).isZero();
        first.clockOffMillis = 3_600_000;
        world.node(3).clockOffMillis = 3_600_000;
        assertThat(repair(all.getFirst(), -1).isWhole()).isTrue();
        assertThat(first.wholeThrough).isEqualTo(hlc(1));
        assertSame(key("a"), "from the future");
    }

    @Test
    void whatANodeHasDroppedIsComparedAnewAndComesBackToIt() throws IOException {
        List<AntiEntropy> all = start(ASKED);
        for (int node = 1; node <= 3; node++) {
            put(node, key("a"), value(1, "v"));
            put(node, key("b"), value(1, "v"));
        }
        assertThat(repair(all.getFirst(), -1).leavesDiffering()).isZero();
        long token = key("a").token();
        TokenRanges ranges = new TokenRanges.Builder().add(token, token).build();
        QuorumWorld.Node first = world.node(1);
        first.flush();
        while (first.store.discardNext(() -> ranges, new HashSet<>())) {
            // until nothing is left of it
        }
        assertThat(first.holds(key("a"))).isEqualTo("nothing");
        all.getFirst().discarded(ranges);
        RepairReport report = repair(all.getFirst(), -1);
        assertThat(report.leavesDiffering()).isPositive();
        assertSame(key("a"), "v");
    }
}
