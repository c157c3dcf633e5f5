package io.ringtail.cluster.node;

import static io.ringtail.cluster.node.CarryingNode.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.hint.ReadHints;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** To whom hints go: to the member that they are for, and to others when what it has is being handed over, or was. */
class HintWritesTest {
    private static final long SELF = 1;
    private static final int PARTITIONS = 16;
    private static final long HLC = 1_700_000_000_000L << 16;

    private final CarryingNode node = new CarryingNode();
    private final List<Boolean> told = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();
    private Ring ring = Ring.of(of(5));
    private HintWrites writes;

    @BeforeEach
    void open() {
        RingView view = new RingView() {
            @Override
            public Ring ring() {
                return ring;
            }

            @Override
            public boolean isFrozen() {
                return false;
            }

            @Override
            public void heardOfEpoch(long memberId, long epoch) {}
        };
        writes = new HintWrites(
                SELF, () -> node.data, node.loop, view, node.node.clock(),
                (batch, indexes) -> {
                    indexes.forEach(index -> kept.add(new String(batch.key(index, key("")).userKey(), java.nio.charset.StandardCharsets.UTF_8)));
                    return true;
                },
                1_000);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private static Topology of(int count) {
        List<Member> members = new ArrayList<>();
        int[] owners = new int[PARTITIONS];
        for (int i = 0; i < count; i++) {
            members.add(new Member(i + 1, "h", 1, 1, 1, ""));
        }
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % count;
        }
        return new Topology(1, "c", 1, members, owners, List.of(Keyspace.DEFAULT));
    }

    private ReplicaSet replicas(String name) {
        return ring.replicas(Keyspace.DEFAULT, key(name).token());
    }

    private List<Long> ids(ReplicaSet replicas) {
        TreeSet<Long> ids = new TreeSet<>();
        for (int i = 0; i < replicas.count(); i++) {
            ids.add(ring.topology().members().get(replicas.preference()[i]).id());
        }
        return List.copyOf(ids);
    }

    /** A key whose replicas, before anything moves, are these. */
    private String keyOf(Long... members) {
        for (int i = 0; ; i++) {
            if (ids(replicas("k" + i)).equals(List.of(members))) {
                return "k" + i;
            }
        }
    }

    private void hint(long target, String name) {
        assertThat(node.hints.add(target, key(name), new Record().setTombstone(HLC, 7))).isTrue();
    }

    private void deliver(long target) {
        boolean ignored = writes.send(target, ReadHints.of(node.hints, target), told::add);
        node.loop.pass(1);
    }

    private void answerAll(ReplyStatus status) {
        for (CarryingNode.Sent message : List.copyOf(node.sent)) {
            node.answer(message, CarryingNode.answerTo(message).writeByte(status.ordinal()).writeLong(1).writeText(""));
        }
        node.loop.pass(1);
    }

    @Test
    void whatAMemberHasMissedGoesToItAlone() {
        String name = keyOf(2L, 3L, 4L);
        hint(3, name);
        assertThat(node.hints.addClear(3, 0, HLC)).isTrue();
        deliver(3);
        assertThat(node.sent()).containsExactly("3 CLEAR 0", "3 WRITE " + name);
        assertThat(told).isEmpty();
        answerAll(ReplyStatus.DONE);
        assertThat(told).containsExactly(true);
    }

    @Test
    void whileItsPartitionIsHandedOverAllOldAndNewReplicasAreToldWhatAMemberHasMissed() {
        String name = keyOf(2L, 3L, 4L);
        String settled = keyOf(1L, 4L, 5L);
        int partition = ring.topology().partitionOf(key(name).token());
        Topology topology = ring.topology();
        ring = Ring.of(topology.next(topology.transition().withMoves(List.of(new Transition.Move(partition, 5)))));
        assertThat(ids(replicas(name))).as("joint").containsExactly(2L, 3L, 4L, 5L);
        hint(3, name);
        hint(4, settled);
        deliver(3);
        assertThat(node.sent()).containsExactly("2 WRITE " + name, "3 WRITE " + name, "4 WRITE " + name, "5 WRITE " + name);
        node.sent.clear();
        deliver(4);
        assertThat(node.sent()).as("another partition's").containsExactly("4 WRITE " + settled);
    }

    @Test
    void whileAnythingIsHandedOverAClearingIsToldToAll() {
        Topology topology = ring.topology();
        ring = Ring.of(topology.next(topology.transition().withMoves(List.of(new Transition.Move(0, 5)))));
        assertThat(node.hints.addClear(3, 2, HLC)).isTrue();
        deliver(3);
        assertThat(node.sent()).containsExactly("2 CLEAR 2", "3 CLEAR 2", "4 CLEAR 2", "5 CLEAR 2");
        answerAll(ReplyStatus.DONE);
        assertThat(told).containsExactly(true);
    }

    @Test
    void aHintIsKeptUntilAllThatAreToHaveItHaveTakenIt() {
        String name = keyOf(2L, 3L, 4L);
        Topology topology = ring.topology();
        ring = Ring.of(topology.next(topology.transition().withMoves(List.of(new Transition.Move(topology.partitionOf(key(name).token()), 5)))));
        hint(3, name);
        deliver(3);
        CarryingNode.Sent first = node.sent.removeFirst();
        node.answer(first, CarryingNode.answerTo(first).writeByte(ReplyStatus.STALE_EPOCH.ordinal()).writeLong(2).writeText(""));
        node.loop.pass(1);
        assertThat(told).as("the others have not answered").isEmpty();
        answerAll(ReplyStatus.DONE);
        assertThat(told).containsExactly(false);
    }

    @Test
    void whatAMemberThatHasGoneMissedGoesToThoseWhoHaveItNowThisNodeAmongThem() {
        String name = keyOf(1L, 2L, 5L);
        hint(9, name);
        deliver(9);
        assertThat(node.sent()).containsExactly("2 WRITE " + name, "5 WRITE " + name);
        assertThat(kept).containsExactly(name);
        answerAll(ReplyStatus.DONE);
        assertThat(told).containsExactly(true);
    }
}
