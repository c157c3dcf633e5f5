package io.ringtail.cluster.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.gossip.KnownLiveness;
import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.jspecify.annotations.Nullable;

/** What is proposed, and when, by the member with the smallest id. The others answer what the test has them say. */
class RebalancerTest {
    private static final long SELF = 1;
    private static final Keyspace QUORUM = Keyspace.DEFAULT;
    private static final Keyspace WRITE_ONE = new Keyspace("", 3, ConsistencyLevel.ALL, ConsistencyLevel.ONE, false);

    private final ManualLoop loop = new ManualLoop();
    private final Set<Long> down = new TreeSet<>();
    /** Who was asked, and whether for all that is done: {@code "2 jobs"} or {@code "2"}. */
    private final List<String> asked = new ArrayList<>();
    private final Map<Long, Set<Transfers.Job>> done = new TreeMap<>();
    private final Map<Long, Long> hints = new TreeMap<>();
    private final Set<Long> silent = new HashSet<>();
    private Ring ring = Ring.of(members(3));
    private @Nullable Topology proposed;
    private @Nullable Consumer<ChangeOutcome> answerProposal;
    private Store store;
    private Calls calls;
    private Transfers transfers;
    private Rebalancer rebalancer;
    /** Members that may hold something of what they are going to be given. */
    private final Set<Long> unclean = new TreeSet<>();

    /** What the test says of the cluster. */
    private abstract class KnownCluster implements Rebalancer.Cluster {
        @Override
        public boolean isMember() {
            return true;
        }

        @Override
        public Ring ring() {
            return ring;
        }

        @Override
        public Liveness liveness() {
            return KnownLiveness.down(down.stream().mapToLong(Long::longValue).toArray());
        }

        @Override
        public boolean isUnderstood(Topology topology) {
            return true;
        }

        @Override
        public boolean isClean(long memberId, long epoch) {
            return !unclean.contains(memberId);
        }
    }

    private final class Others implements Transport {
        @Override
        public boolean send(long memberId, byte[] message, int offset, int size) {
            MessageReader body = new MessageReader();
            assertThat(body.begin(Arrays.copyOf(message, size), 0, size)).isEqualTo(MessageType.TRANSFERS);
            long id = body.readLong();
            boolean withJobs = body.readBoolean();
            asked.add(memberId + (withJobs ? " jobs" : ""));
            if (!silent.contains(memberId)) {
                Set<Transfers.Job> jobs = done.getOrDefault(memberId, Set.of());
                Transfers.Progress progress = new Transfers.Progress(ring.epoch(), jobs.size(), jobs.size(), 0, 0, 0, 0);
                MessageWriter answer = Calls.beginReply(new MessageWriter(), MessageType.TRANSFERS_REPLY, id);
                new TransferStatus(progress, hints.getOrDefault(memberId, 0L), withJobs ? List.copyOf(jobs) : List.of()).write(answer);
                loop.schedule(() -> calls.reply(memberId, answer.bytes(), 0, answer.size()), 1);
            }
            return true;
        }

        @Override
        public boolean isResponsive(long memberId) {
            return true;
        }
    }

    @BeforeEach
    void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/node"))
                        .withFileSystem(new SimulatedFileSystem())
                        .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                        .withoutThreads(),
                StoreListener.NONE);
        calls = new Calls(new Others(), loop);
        transfers = new Transfers(
                SELF, store, ring, loop, new KnownCarrier(loop), 1 << 20, Set.of(), () -> hints.getOrDefault(SELF, 0L), StoreListener.NONE);
        transfers.start();
        rebalancer = new Rebalancer(
                SELF,
                new KnownCluster() {
                    @Override
                    public void propose(UnaryOperator<Topology> change, Consumer<ChangeOutcome> answer) {
                        assertThat(proposed).as("nothing else is under way").isNull();
                        proposed = change.apply(ring.topology());
                        answerProposal = answer;
                    }
                },
                calls, loop, transfers);
        rebalancer.start();
    }

    @AfterEach
    void close() throws IOException {
        rebalancer.stop();
        transfers.stop();
        store.close();
    }

    private static Topology members(int count, Keyspace... keyspaces) {
        List<Member> members = new ArrayList<>();
        int[] owners = new int[16];
        for (int i = 0; i < count; i++) {
            members.add(new Member(i + 1, "h", 1, 1, 1, ""));
        }
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % count;
        }
        return new Topology(1, "c", 1, members, owners, keyspaces.length == 0 ? List.of(QUORUM) : List.of(keyspaces));
    }

    /** With members that own nothing yet. */
    private static Topology and(Topology topology, long... newcomers) {
        List<Member> members = new ArrayList<>(topology.members());
        for (long id : newcomers) {
            members.add(new Member(id, "h", 1, 1, 1, ""));
        }
        return topology.next(members, topology.owners(), topology.keyspaces());
    }

    private static Topology moving(Topology topology, int partition, long newOwner) {
        return topology.next(topology.transition().withMoves(List.of(new Transition.Move(partition, newOwner))));
    }

    private void begins(Topology topology) {
        ring = Ring.of(topology);
        transfers.ringChanged(ring);
        endProposal(new ChangeOutcome.Decided(topology));
    }

    private void endProposal(ChangeOutcome outcome) {
        Consumer<ChangeOutcome> answer = answerProposal;
        proposed = null;
        answerProposal = null;
        if (answer != null) {
            answer.accept(outcome);
        }
    }

    /** Somebody has sent all that it is to send by this ring. */
    private void hasHandedOver(long memberId) {
        Topology topology = ring.topology();
        Set<Transfers.Job> jobs = new TreeSet<>();
        for (Keyspace keyspace : topology.keyspaces()) {
            for (int partition = 0; partition < topology.partitions(); partition++) {
                ReplicaSet replicas = ring.replicasOf(keyspace, partition);
                for (int receiver : replicas.receivers()) {
                    long target = topology.members().get(receiver).id();
                    if (replicas.isBefore(topology.indexOf(memberId)) && target != memberId) {
                        jobs.add(new Transfers.Job(partition, target));
                    }
                }
            }
        }
        done.put(memberId, jobs);
    }

    private Collection<Long> newOwners() {
        return proposed == null
                ? List.of()
                : proposed.transition().moves().stream().map(Transition.Move::newOwner).collect(java.util.stream.Collectors.toSet());
    }

    @Test
    void partitionsBelongToTheirNewOwnersWhenAllThatAreUpHaveSent() {
        begins(moving(and(members(3), 4), 0, 4));
        hasHandedOver(2);
        loop.pass(5_000);
        assertThat(proposed).as("3 has not").isNull();
        hasHandedOver(3);
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
        assertThat(proposed.owner(0)).isEqualTo(3);
        assertThat(proposed.transition().isMoving()).isFalse();
    }

    @Test
    void oneOfThreeThatIsDownIsNotWaitedForWhereWritesTakeAQuorum() {
        begins(moving(and(members(3), 4), 0, 4));
        down.add(3L);
        hasHandedOver(2);
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
        assertThat(proposed.owner(0)).isEqualTo(3);
    }

    @Test
    void oneThatIsDownMayAloneHoldAWriteThatOneReplicaAcknowledged() {
        begins(moving(and(members(3, WRITE_ONE), 4), 0, 4));
        down.add(3L);
        hasHandedOver(2);
        loop.pass(60_000);
        assertThat(proposed).isNull();
        down.clear();
        hasHandedOver(3);
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
    }

    @Test
    void aMajorityOfTheOldReplicasHasToHaveSent() {
        begins(moving(and(members(3), 4), 0, 4));
        down.add(2L);
        down.add(3L);
        loop.pass(60_000);
        assertThat(proposed).isNull();
    }

    /** 1, 3 and 5 in data center a, 2, 4 and 6 in b, three replicas in each; and a newcomer, 7, that owns nothing yet. */
    private static Topology inDatacenters(String writeLevel, String newcomersDatacenter) {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= 7; i++) {
            members.add(new Member(i, "h", 1, 1, 1, "", i == 7 ? newcomersDatacenter : i % 2 == 1 ? "a" : "b"));
        }
        Keyspace keyspace =
                new Keyspace("", Replication.parse("a:3,b:3"), ConsistencyLevel.QUORUM, ConsistencyLevel.of(writeLevel), false);
        Topology first = Topology.alone(1, "c", members.getFirst(), 16, List.of(keyspace));
        Topology placed = first.next(members.subList(0, 6), first.owners(), first.keyspaces()).placed();
        return placed.next(members, placed.owners(), placed.keyspaces());
    }

    /** Begins to hand a partition of a data center's ring over to the newcomer; all that are up have sent what they are to. */
    private boolean isHandedOverWithoutThose(String writeLevel, String datacenter, boolean theyAreToGo, long... dead) {
        Topology topology = inDatacenters(writeLevel, datacenter);
        while (topology.epoch() <= ring.epoch()) {
            topology = topology.next(topology.transition());
        }
        for (long member : dead) {
            down.add(member);
            if (theyAreToGo) {
                topology = topology.next(topology.transition().withDeparture(member, 0));
            }
        }
        begins(topology.next(topology.transition().withMoves(List.of(new Transition.Move(0, 7, datacenter)))));
        for (long member = 1; member <= 6; member++) {
            if (!down.contains(member)) {
                hasHandedOver(member);
            }
        }
        loop.pass(60_000);
        Topology next = proposed;
        if (next != null) {
            assertThat(next.datacenterRing(datacenter).owner(0)).isEqualTo(7);
        }
        endProposal(new ChangeOutcome.Decided(topology));
        down.clear();
        done.clear();
        return next != null;
    }

    @Test
    void ofEachDatacenterEnoughHaveToHaveSentWhereOneAloneMayHaveAcknowledged() {
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "b", false)).isTrue();
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "b", false, 4)).as("two of three of b are left").isTrue();
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "b", false, 2, 4)).as("one of three of b is left").isFalse();
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "b", false, 3, 5)).as("one of three of a is left").isFalse();
        assertThat(isHandedOverWithoutThose("LOCAL_ONE", "b", false, 4)).as("which may be all that had it").isFalse();
    }

    @Test
    void enoughOfOneDatacenterAreEnoughWhereAllHaveAcknowledged() {
        assertThat(isHandedOverWithoutThose("EACH_QUORUM", "b", false, 3, 5)).as("all of b are left").isTrue();
        assertThat(isHandedOverWithoutThose("EACH_QUORUM", "b", false, 3, 4, 5)).as("two of b are left, three in all").isTrue();
        assertThat(isHandedOverWithoutThose("EACH_QUORUM", "b", false, 3, 4, 5, 6)).as("one of each is left").isFalse();
        assertThat(isHandedOverWithoutThose("QUORUM", "b", false, 3, 4, 5)).as("three of six").isTrue();
        assertThat(isHandedOverWithoutThose("QUORUM", "b", false, 3, 4, 5, 6)).as("two of six").isFalse();
    }

    @Test
    void aDatacenterThatIsDownIsWaitedForUnlessItWasToldToGo() {
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "a", false, 2, 4, 6)).isFalse();
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "a", true, 2, 4)).as("one of it is left, and may not have all").isFalse();
        assertThat(isHandedOverWithoutThose("LOCAL_QUORUM", "a", true, 2, 4, 6)).isTrue();
    }

    @Test
    void nothingIsBegunTowardsMembersThatAreDown() {
        begins(and(members(3), 4));
        down.add(4L);
        loop.pass(60_000);
        assertThat(proposed).isNull();
        down.clear();
        loop.pass(1_000);
        assertThat(newOwners()).containsExactly(4L);
    }

    @Test
    void aNewcomerThatIsDownTakesNobodysPlaceAmongThosePutUnderWay() {
        Member first = new Member(1, "h", 1, 1, 1, "");
        Topology alone = Topology.alone(1, "c", first, 4096, List.of(QUORUM));
        Topology with = and(alone, 2, 3);
        begins(with);
        int towardsAny = TransitionGoal.of(with).moves().size();
        assertThat(towardsAny).as("there is more than goes at once").isEqualTo(Transition.MAX_MOVES);
        down.add(2L);
        loop.pass(3_000);
        assertThat(newOwners()).containsExactly(3L);
        assertThat(proposed.transition().moves()).hasSize(Transition.MAX_MOVES);
    }

    @Test
    void aNewOwnerThatIsRemovedWhileItIsSentAPartitionGivesItBackFirst() {
        Topology moving = moving(and(members(3), 4), 0, 4);
        begins(moving);
        down.add(4L);
        hasHandedOver(2);
        loop.pass(60_000);
        assertThat(proposed).as("3 goes on trying").isNull();
        begins(moving.next(moving.transition().withDeparture(4, 0)));
        loop.pass(1_000);
        assertThat(proposed.transition().isMoving()).isFalse();
        assertThat(proposed.owners()).isEqualTo(moving.owners());
        begins(proposed);
        loop.pass(3_000);
        assertThat(proposed.indexOf(4)).as("then it goes").isNegative();
    }

    @Test
    void whoBecomesAReplicaByAnothersPartitionAndIsRemovedStopsTheMoveToo() {
        // What 5 has of 4's neighbours it gives to 2: whom it had pushed out of the lists before it comes back into them.
        Topology back = moving(moving(and(members(4), 5), 0, 5).nextHandedOver(), 0, 2);
        Ring ofBack = Ring.of(back);
        long receiver = 0;
        for (int partition = 0; partition < back.partitions(); partition++) {
            ReplicaSet replicas = ofBack.replicasOf(QUORUM, partition);
            for (int index : replicas.receivers()) {
                long id = back.members().get(index).id();
                receiver = id == 2 || replicas.isBefore(index) ? receiver : id;
            }
        }
        assertThat(receiver).as("a receiver that is no new owner").isNotEqualTo(0);
        begins(back.next(back.transition().withDeparture(receiver, 0)));
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
        assertThat(proposed.transition().isMoving()).isFalse();
        assertThat(proposed.owners()).isEqualTo(back.owners());
    }

    private void aLeaverOwnsNothing() {
        Topology topology = and(members(3), 4);
        begins(topology.next(topology.transition().withDeparture(4, 0)));
    }

    @Test
    void aLeaverThatKeepsHintsStaysUntilTheyAreDelivered() {
        aLeaverOwnsNothing();
        hints.put(4L, 7L);
        loop.pass(60_000);
        assertThat(proposed).isNull();
        hints.put(4L, 0L);
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
        assertThat(proposed.indexOf(4)).isNegative();
    }

    @Test
    void aLeaverThatSaysNothingIsWaitedForUntilItIsDown() {
        aLeaverOwnsNothing();
        silent.add(4L);
        loop.pass(60_000);
        assertThat(proposed).isNull();
        down.add(4L);
        loop.pass(1_000);
        assertThat(proposed.indexOf(4)).isNegative();
    }

    @Test
    void whatALeaverSaidBeforeAChangeThatWasNotDecidedIsNotReliedUpon() {
        aLeaverOwnsNothing();
        loop.pass(3_000);
        assertThat(proposed).isNotNull();
        hints.put(4L, 1L);
        silent.add(4L);
        endProposal(new ChangeOutcome.NoMajority());
        loop.pass(60_000);
        assertThat(proposed).isNull();
    }

    @Test
    void whoActsKeepsHintsAndLeavesStaysToo() {
        Topology topology = members(3);
        List<Member> members = topology.members();
        int[] owners = new int[16];
        Arrays.fill(owners, 1);
        Topology others = topology.next(members, owners, topology.keyspaces());
        begins(others.next(others.transition().withDeparture(SELF, 0)));
        // 3 owns nothing and is to have its share, which it cannot get.
        down.add(3L);
        hints.put(SELF, 1L);
        loop.pass(60_000);
        assertThat(proposed).isNull();
        hints.put(SELF, 0L);
        loop.pass(1_000);
        assertThat(proposed.indexOf(SELF)).isNegative();
    }

    @Test
    void onlyWhoActsAsksAndOnlyWhileSomethingHangsOnIt() {
        begins(members(3));
        loop.pass(10_000);
        assertThat(asked).as("settled").isEmpty();
        aLeaverOwnsNothing();
        hints.put(4L, 1L);
        loop.pass(5_000);
        assertThat(asked).isNotEmpty().containsOnly("4");
        asked.clear();
        begins(moving(and(members(3), 4), 0, 4));
        loop.pass(5_000);
        assertThat(asked).contains("2 jobs", "3 jobs", "4 jobs").doesNotContain("2", "3", "4");
        asked.clear();
        // With somebody before it this node does not act.
        List<Member> members = new ArrayList<>(ring.topology().members());
        assertThat(members.removeFirst().id()).isEqualTo(SELF);
        Rebalancer second = new Rebalancer(
                2,
                new KnownCluster() {
                    @Override
                    public void propose(UnaryOperator<Topology> change, Consumer<ChangeOutcome> answer) {
                        throw new AssertionError("it is not for this node to act");
                    }
                },
                calls, loop, transfers);
        rebalancer.stop();
        second.start();
        loop.pass(10_000);
        second.stop();
        assertThat(asked).isEmpty();
    }

    @Test
    void nothingIsMovedBeforeAllThatLiveHoldNothingOfIt() {
        unclean.add(2L);
        unclean.add(3L);
        down.add(3L);
        begins(and(members(3), 4));
        loop.pass(10_000);
        assertThat(proposed).isNull();
        unclean.remove(2L);
        loop.pass(1_000);
        assertThat(proposed).isNotNull();
        assertThat(proposed.transition().isMoving()).isTrue();
    }

    @Test
    void aSurveyTellsOfAllThatAnswerWithinASecond() {
        begins(moving(and(members(3), 4), 0, 4));
        hasHandedOver(2);
        silent.add(3L);
        List<Map<Long, TransferStatus>> told = new ArrayList<>();
        rebalancer.survey(told::add);
        loop.pass(500);
        assertThat(told).isEmpty();
        loop.pass(600);
        assertThat(told).hasSize(1);
        assertThat(told.getFirst().keySet()).containsExactly(2L, 4L);
        assertThat(told.getFirst().get(2L).progress().done()).isEqualTo(done.get(2L).size());
    }
}
