package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.quorum.QuorumWorld.Shown;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The ring changes between what a turn has planned and the turn's end. What was planned for the old replicas must tell so: told to be of the new epoch, a replica of that
 * epoch would count it, and a quorum of old replicas would be taken for one of new ones.
 */
class PlannedEpochTest {
    private static final Key A = key("a");
    private static final Key B = key("b");

    private QuorumWorld world = new QuorumWorld(3);

    @AfterEach
    void nothingIsLeft() {
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingWrites()).as("pending at node " + node.id).isZero();
            assertThat(node.quorums.pendingReads()).isZero();
            assertThat(node.calls.pendingCount()).isZero();
        }
        world.close();
    }

    private static Ring newer() {
        return Ring.of(QuorumWorld.topology(3, 2));
    }

    private void everywhere(Ring ring) {
        world.nodes.forEach(node -> node.ring = ring);
    }

    private List<String> to2(String type) {
        return world.planned.stream().filter(each -> each.startsWith("1>2 " + type)).toList();
    }

    @Test
    void aWriteTellsTheEpochThatItWasPlannedIn() {
        Result result = world.node(1).write(A, hlc(0), "v");
        world.node(1).ring = newer();
        world.pass(3);
        assertThat(to2("WRITE")).containsExactly("1>2 WRITE of 1");
        assertThat(result.text()).as("the others are in that epoch").isEqualTo("OK");
        assertThat(world.node(2).heard).isEmpty();
    }

    @Test
    void writesOfTwoEpochsInOneTurnAreTwoMessages() {
        Result old = world.node(1).write(A, hlc(0), "v");
        everywhere(newer());
        Result now = world.node(1).write(B, hlc(0), "w");
        world.pass(1);
        assertThat(to2("WRITE")).containsExactly("1>2 WRITE of 1", "1>2 WRITE of 2");
        assertThat(world.node(2).holds(A)).as("2 is in the next epoch already").isEqualTo("nothing");
        assertThat(world.node(2).holds(B)).isEqualTo("w");
        world.pass(100);
        assertThat(now.text()).isEqualTo("OK");
        assertThat(old.text()).as("planned anew").isEqualTo("OK");
        assertThat(world.node(2).holds(A)).isEqualTo("v");
    }

    @Test
    void readsOfTwoEpochsInOneTurnAreTwoMessages() {
        world.nodes.forEach(node -> node.put(A, hlc(0), "v"));
        Result old = world.node(1).read(A);
        everywhere(newer());
        Result now = world.node(1).read(A);
        world.pass(100);
        assertThat(world.planned.stream().filter(each -> each.contains("READ")).map(each -> each.substring(4)).distinct().sorted().toList())
                .containsExactly("READ of 1", "READ of 2");
        assertThat(world.planned.getFirst()).endsWith("of 1");
        assertThat(List.of(old.text(), now.text())).containsExactly("v", "v");
    }

    @Test
    void confirmationsOfTwoEpochsInOneTurnAreTwoMessages() {
        world.nodes.forEach(node -> node.put(A, hlc(0), "v"));
        Shown old = world.node(1).show(A, null);
        everywhere(newer());
        Shown now = world.node(1).show(A, null);
        world.pass(2);
        assertThat(world.planned.stream().map(each -> each.substring(4)).toList()).containsExactly("CONFIRM of 1", "CONFIRM of 2");
        assertThat(now.outcome()).isEqualTo("confirmed");
        world.pass(100);
        assertThat(old.outcome()).as("nobody of the epoch before has confirmed it").isEqualTo("doubtful");
    }

    @Test
    void aRepairTellsTheEpochOfTheReadThatFoundItMissing() {
        world.node(1).put(A, hlc(0), "v");
        Result result = world.node(1).read(A);
        world.pass(1);
        // The answers are on their way.
        world.node(1).ring = newer();
        world.pass(100);
        assertThat(world.planned.stream().filter(each -> each.contains("WRITE")).toList()).isNotEmpty().allMatch(each -> each.endsWith("of 1"));
        assertThat(result.text()).isEqualTo("v");
    }

    /** A ring in which the partition of the key is another member's, and 1 is none of its replicas: four members, the last two of which were not among them before. */
    private static Ring without1(Topology base, Key key) {
        int[] owners = base.owners();
        int partition = base.partitionOf(key.token());
        for (int i = 0; i < owners.length; i++) {
            owners[i] = 1 + i % 3;
        }
        Topology next = new Topology(1, "c", 2, base.members(), owners, base.keyspaces(), Transition.NONE);
        Ring ring = Ring.of(next);
        assertThat(Arrays.stream(ring.preferenceOf(partition)).limit(3).boxed().toList()).doesNotContain(0);
        return ring;
    }

    /** A large value with an expiry that is later than it is: whether a write of {@code hlc(1)} is hidden only the disk can tell. */
    private static void putColdWithSomethingLater(QuorumWorld.Node node, Key key) {
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        Record record = new Record().setValue(hlc(0), 99, 0, large, 0, large.length);
        record.merge(new Record().setExpiry(hlc(1_000), 99, QuorumWorld.START_MILLIS + 1_000_000));
        node.data.lock();
        try {
            assertThat(node.data.accept(key, record, true)).isEqualTo(Acceptance.ACCEPTED);
        } finally {
            node.data.unlock();
        }
        node.flush();
    }

    @Test
    void aWriteThatWaitedHereForTheDiskIsNotTakenByTheRingOfBefore() {
        world.close();
        world = new QuorumWorld(4);
        Key key = world.keyOf("k", 1);
        putColdWithSomethingLater(world.node(1), key);
        Result result = world.node(1).write(key, hlc(1), "new");
        everywhere(without1(QuorumWorld.topology(4, 1), key));
        world.pass(100);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).heldHlc(key)).as("1 has the key no more").isEqualTo(hlc(0));
        for (int id = 2; id <= 4; id++) {
            assertThat(world.node(id).holds(key)).as("node " + id).isEqualTo("new");
        }
    }

    @Test
    void aWriteThatWaitedForTheDiskOfAReplicaIsRefusedThereWhenTheEpochIsOver() {
        world.close();
        world = new QuorumWorld(4);
        Key key = world.keyOf("k", 2);
        putColdWithSomethingLater(world.node(2), key);
        Result result = world.node(1).write(key, hlc(1), "new");
        // The message is under way; 2 takes it, and has gone on by the time that its disk has answered.
        world.pass(0);
        world.node(2).schedule(() -> world.node(2).ring = newerOfFour(), 1);
        world.silence(2, 1);
        world.pass(10);
        assertThat(world.node(2).heldHlc(key)).as("of the epoch before").isEqualTo(hlc(0));
        world.heal();
        world.nodes.forEach(node -> node.ring = newerOfFour());
        world.pass(5_000);
        assertThat(result.text()).as("with the two others").isEqualTo("OK");
    }

    private static Ring newerOfFour() {
        return Ring.of(QuorumWorld.topology(4, 2));
    }
}
