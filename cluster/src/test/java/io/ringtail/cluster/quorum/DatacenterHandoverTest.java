package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.record.Key;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What reads show while one data center of two hands a partition over: nodes 1 to 4 are in a, and of the key's replicas there {@link #leaver} is to give way to {@link #comer}, {@link #stayer} and {@link #other}
 * stay; 5, 6 and 7 are those in b. What is shown has to be found by whoever asks the replicas of before alone afterwards, and by whoever asks those of after.
 */
class DatacenterHandoverTest {
    private static final ConsistencyLevel LOCAL = ConsistencyLevel.of("LOCAL_QUORUM");
    private static final ConsistencyLevel EACH = ConsistencyLevel.of("EACH_QUORUM");
    private static final Keyspace KEYSPACE =
            new Keyspace("", Replication.parse("a:3,b:3"), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);

    private final Key key = key("k");
    private QuorumWorld world = new QuorumWorld(1);
    private int leaver;
    private int comer;
    private int stayer;
    private int other;

    /** Has the key's partition given to each member of a in turn, until that changes the replicas. */
    @BeforeEach
    void beginHandover() {
        Topology settled = QuorumWorld.inDatacenters("aaaabbb", KEYSPACE);
        int partition = settled.partitionOf(key.token());
        for (int owner = 1; owner <= 4; owner++) {
            Topology moving = settled.next(Transition.NONE.withMoves(List.of(new Transition.Move(partition, owner, "a"))));
            ReplicaSet replicas = Ring.of(moving).replicas(KEYSPACE, key.token());
            if (replicas.isJoint() && replicas.receivers().length == 1) {
                world.close();
                world = new QuorumWorld(moving);
                place(replicas);
                return;
            }
        }
        throw new AssertionError("nobody whom the partition can be given to");
    }

    private void place(ReplicaSet replicas) {
        List<Integer> staying = new ArrayList<>();
        for (int member = 0; member < 4; member++) {
            if (!replicas.isAfter(member)) {
                leaver = member + 1;
            } else if (!replicas.isBefore(member)) {
                comer = member + 1;
            } else {
                staying.add(member + 1);
            }
        }
        stayer = staying.get(0);
        other = staying.get(1);
    }

    @AfterEach
    void nothingIsLeft() {
        world.heal();
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingReads()).as("pending at node " + node.id).isZero();
            assertThat(node.calls.pendingCount()).isZero();
        }
        world.close();
    }

    /** A read by way of the new replica, which alone holds a write of unknown outcome; the leaver and one that stays answer it first. */
    private Result readOfHalfAWrite(ConsistencyLevel level) {
        return readOfHalfAWrite(comer, level);
    }

    /** A read by way of one that alone holds a write of unknown outcome; {@link #other} is asked last. */
    private Result readOfHalfAWrite(int reader, ConsistencyLevel level) {
        for (int i = 1; i <= 7; i++) {
            world.node(i).put(key, hlc(0), "old");
        }
        // One has been found to be slow, so the others are asked.
        world.slow(reader, other, 20);
        Result measured = world.node(reader).read(key, ConsistencyLevel.ALL);
        world.pass(100);
        assertThat(measured.text()).isEqualTo("old");
        world.slow(reader, other, 0);
        world.node(reader).put(key, hlc(10), "half");
        Result result = world.node(reader).read(key, level);
        world.pass(1);
        return result;
    }

    private boolean holds(int member) {
        return world.node(member).holds(key).equals("half");
    }

    private void assertShownOnBothSidesOfA() {
        assertThat(List.of(holds(leaver), holds(stayer), holds(other))).as("a majority of before").filteredOn(held -> held).hasSizeGreaterThanOrEqualTo(2);
        assertThat(List.of(holds(comer), holds(stayer), holds(other))).as("a majority of after").filteredOn(held -> held).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void whatALocalReadShowsMajoritiesOfBothSidesOfItsDatacenterHold() {
        Result result = readOfHalfAWrite(LOCAL);
        world.slow(comer, stayer, 50);
        world.pass(20);
        assertThat(List.of(holds(leaver), holds(comer), holds(stayer))).containsExactly(true, true, false);
        assertThat(result.text()).as("those who stay would not show it").isEqualTo("pending");
        world.pass(60);
        assertThat(result.text()).isEqualTo("half");
        assertShownOnBothSidesOfA();
    }

    @Test
    void whatAMajorityOfBeforeHoldsIsNotShownBeforeOneOfAfterDoes() {
        Result result = readOfHalfAWrite(leaver, LOCAL);
        world.slow(leaver, comer, 50);
        world.pass(20);
        assertThat(List.of(holds(leaver), holds(comer), holds(stayer), holds(other))).containsExactly(true, false, true, false);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(60);
        assertThat(result.text()).isEqualTo("half");
        assertShownOnBothSidesOfA();
    }

    @Test
    void whatAMajorityOfAfterHoldsIsNotShownBeforeOneOfBeforeDoes() {
        Result result = readOfHalfAWrite(comer, LOCAL);
        world.slow(comer, leaver, 50);
        world.pass(20);
        assertThat(List.of(holds(leaver), holds(comer), holds(stayer), holds(other))).containsExactly(false, true, true, false);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(60);
        assertThat(result.text()).isEqualTo("half");
        assertShownOnBothSidesOfA();
    }

    @Test
    void whatEachDatacenterIsAskedForMajoritiesOfBothSidesHold() {
        Result result = readOfHalfAWrite(EACH);
        world.slow(comer, stayer, 50);
        world.slow(comer, 5, 50);
        world.slow(comer, 6, 50);
        world.slow(comer, 7, 50);
        world.pass(20);
        assertThat(List.of(holds(leaver), holds(comer), holds(stayer))).containsExactly(true, true, false);
        assertThat(result.text()).as("those who stay would not show it").isEqualTo("pending");
        world.pass(60);
        assertThat(result.text()).isEqualTo("half");
        assertShownOnBothSidesOfA();
    }

    /** Those of the other data center can neither make up for a replica that is missing, nor hold anything up. */
    @Test
    void aLocalReadIsConfirmedByItsOwnDatacenterAlone() {
        Result result = readOfHalfAWrite(LOCAL);
        world.isolate(stayer);
        world.isolate(5);
        world.slow(comer, 6, 1_000);
        world.slow(comer, 7, 1_000);
        world.pass(100);
        assertThat(result.text()).isEqualTo("half");
        assertThat(List.of(holds(leaver), holds(comer), holds(stayer), holds(other))).containsExactly(true, true, false, true);
        assertThat(List.of(holds(5), holds(6), holds(7))).containsOnly(false);
    }

    @Test
    void whatOneSideCannotBeGivenIsNotShown() {
        Result result = readOfHalfAWrite(LOCAL);
        world.silence(comer, stayer);
        world.silence(comer, other);
        world.pass(5_000);
        assertThat(List.of(holds(leaver), holds(comer))).containsOnly(true);
        assertThat(result.text()).contains("TIMEOUT what was read could not be confirmed");
    }

    /** The other data center's replicas are as they were: a read there is confirmed as at any other time. */
    @Test
    void aDatacenterThatHandsNothingOverCountsAsEver() {
        world.node(5).put(key, hlc(10), "half");
        Result result = world.node(5).read(key, LOCAL);
        world.pass(10);
        assertThat(result.text()).isEqualTo("half");
        assertThat(List.of(holds(6), holds(7))).containsOnlyOnce(true);
        assertThat(List.of(holds(1), holds(2), holds(3), holds(4))).containsOnly(false);
    }
}
