package io.ringtail.cluster.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.gossip.GossipMessage.Digests;
import io.ringtail.cluster.gossip.GossipMessage.Form;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.transport.Calls;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GossiperTest {
    private static final int EXCHANGE = 0;
    private static final int DELIVERY = 1;

    private final GossipWorld world = new GossipWorld(7);

    private GossipWorld.Node node(long id) {
        return Objects.requireNonNull(world.nodes.get(id));
    }

    private static MemberState state(long id, long incarnation, long heartbeat, Long... suspects) {
        SelfReport report = new SelfReport(1, 0, 0, 0, 0, false);
        return new MemberState(id, incarnation, heartbeat, GossipWorld.START_MILLIS, report, Set.of(suspects));
    }

    /** What a member that exists only on paper sends. */
    private static byte[] delivery(long epoch, MemberState... states) {
        MessageWriter writer = Calls.begin(new MessageWriter(), MessageType.GOSSIP).writeByte(DELIVERY);
        new GossipMessage(GossipWorld.START_MILLIS, epoch, 0, new Digests(Form.NAMED, 0), List.of(states), List.of())
                .write(writer, ProtocolVersion.NEWEST);
        return writer.toByteArray();
    }

    @Test
    void allHearOfAllAndNobodyIsSuspected() {
        world.startAll(5);
        world.run(10_000);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.gossiper.states()).extracting(MemberState::id).containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(node.gossiper.liveness().suspectedCount()).isZero();
            assertThat(node.gossiper.liveness().states()).hasSize(5);
            assertThat(node.heard).isEmpty();
        }
    }

    @Test
    void aDeadMemberIsDownToAllOthersAndUpAgainWhenItIsBack() {
        world.startAll(3);
        world.run(5_000);
        world.kill(3);
        world.run(1_000);
        assertThat(node(1).gossiper.isSuspected(3)).isFalse();
        world.run(3_000);
        assertThat(node(1).heard).containsExactly("down 3");
        assertThat(node(2).heard).containsExactly("down 3");
        assertThat(node(1).gossiper.isDown(3)).isTrue();

        world.start(3, 2, 1, 2, 3);
        world.run(500);
        assertThat(node(1).heard).containsExactly("down 3", "up 3");
        assertThat(node(2).heard).containsExactly("down 3", "up 3");
        assertThat(node(1).gossiper.liveness().isSuspected(3)).isFalse();
    }

    @Test
    void oneNodesSuspicionIsNotEnough() {
        GossipWorld.Node one = world.start(1, 1, 1, 2, 3);
        one.receive(3, delivery(1, state(3, 1, 1)));
        for (int heartbeat = 1; heartbeat <= 60; heartbeat++) {
            one.receive(2, delivery(1, state(2, 1, heartbeat)));
            world.run(200);
        }
        assertThat(one.gossiper.isSuspected(3)).isTrue();
        assertThat(one.gossiper.isDown(3)).isFalse();
        assertThat(one.heard).isEmpty();

        one.receive(2, delivery(1, state(2, 1, 61, 3L)));
        world.run(200);
        assertThat(one.gossiper.isDown(3)).isTrue();
        assertThat(one.heard).containsExactly("down 3");

        one.receive(2, delivery(1, state(3, 1, 2)));
        assertThat(one.gossiper.isDown(3)).as("its heartbeat moved, whatever others still say").isFalse();
        assertThat(one.heard).containsExactly("down 3", "up 3");
    }

    @Test
    void aSuspectsSuspicionDoesNotCount() {
        GossipWorld.Node one = world.start(1, 1, 1, 2, 3, 4);
        one.receive(3, delivery(1, state(3, 1, 1), state(4, 1, 1, 3L)));
        for (int heartbeat = 1; heartbeat <= 60; heartbeat++) {
            one.receive(2, delivery(1, state(2, 1, heartbeat)));
            world.run(200);
        }
        assertThat(one.gossiper.isSuspected(3)).isTrue();
        assertThat(one.gossiper.isSuspected(4)).isTrue();
        assertThat(one.gossiper.liveness().downCount()).isZero();
    }

    @Test
    void inAClusterOfTwoOneIsEnough() {
        world.startAll(2);
        world.run(5_000);
        world.kill(2);
        world.run(4_000);
        assertThat(node(1).heard).containsExactly("down 2");
    }

    @Test
    void theLastSurvivorTakesTheOthersForDown() {
        world.startAll(3);
        world.run(5_000);
        world.kill(2);
        world.kill(3);
        world.run(5_000);
        assertThat(node(1).heard).containsExactlyInAnyOrder("down 2", "down 3");
    }

    @Test
    void aMemberThatWasNeverHeardOfIsDownAfterAWhile() {
        world.start(1, 1, 1, 2, 3);
        world.start(2, 1, 1, 2, 3);
        world.run(4_000);
        assertThat(node(1).gossiper.isSuspected(3)).isFalse();
        world.run(11_000);
        assertThat(node(1).heard).containsExactly("down 3");
    }

    @Test
    void aLinkThatIsCutOneWayMakesNobodySuspect() {
        world.startAll(4);
        world.run(3_000);
        world.cut(1, 2);
        world.run(60_000);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.heard).isEmpty();
            assertThat(node.gossiper.liveness().suspectedCount()).isZero();
        }
    }

    @Test
    void bothSidesOfACutTakeTheOtherForDownAndMeetAgain() {
        world.startAll(5);
        world.run(3_000);
        for (long left = 1; left <= 2; left++) {
            for (long right = 3; right <= 5; right++) {
                world.cut(left, right);
                world.cut(right, left);
            }
        }
        world.run(20_000);
        assertThat(node(1).gossiper.liveness().downCount()).isEqualTo(3);
        assertThat(node(4).gossiper.liveness().downCount()).isEqualTo(2);
        world.heal();
        world.run(5_000);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.gossiper.liveness().suspectedCount()).isZero();
        }
    }

    @Test
    void aNodeThatWasStoppedDoesNotSuspectTheOthersForIt() {
        world.startAll(3);
        world.run(5_000);
        node(1).stopped = true;
        world.run(30_000);
        assertThat(node(2).heard).containsExactly("down 1");
        node(1).stopped = false;
        world.run(10_000);
        assertThat(node(1).heard).isEmpty();
        assertThat(node(2).heard).containsExactly("down 1", "up 1");
    }

    @Test
    void aRestartedNodeIsTakenAsNewThoughItsHeartbeatStartsAgain() {
        world.startAll(3);
        world.run(60_000);
        world.start(3, 2, 1, 2, 3);
        world.run(1_000);
        MemberState seen = Objects.requireNonNull(node(1).stateOf(3));
        assertThat(seen.incarnation()).isEqualTo(2);
        assertThat(seen.heartbeat()).isLessThan(10);
        assertThat(node(1).gossiper.isSuspected(3)).isFalse();
    }

    @Test
    void aRestartedNodeWhoseIncarnationWentBackGoesBeyondItsOldOne() {
        world.startAll(3);
        world.start(3, 900, 1, 2, 3);
        world.run(5_000);
        world.start(3, 5, 1, 2, 3);
        world.run(2_000);
        assertThat(Objects.requireNonNull(node(1).stateOf(3)).incarnation()).isGreaterThan(900);
        world.run(10_000);
        assertThat(node(1).heard).isEmpty();
    }

    @Test
    void whatIsSaidOfANodeInItsNameIsOutbidByIt() {
        world.startAll(3);
        world.run(2_000);
        node(1).receive(2, delivery(1, state(3, 1, 1L << 40), state(2, 1L << 41, 0)));
        world.run(30_000);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.heard).isEmpty();
            assertThat(Objects.requireNonNull(node.stateOf(3)).heartbeat()).isGreaterThan(1L << 40);
            assertThat(Objects.requireNonNull(node.stateOf(2)).incarnation()).isGreaterThan(1L << 41);
        }
    }

    @Test
    void anIncarnationThatCannotBeIsRefused() {
        world.startAll(2);
        world.run(2_000);
        node(1).receive(2, delivery(1, state(2, MemberState.MAX_COUNT - 1, 5)));
        assertThat(Objects.requireNonNull(node(1).stateOf(2)).incarnation()).isEqualTo(1);
    }

    @Test
    void statesOfStrangersAreDropped() {
        GossipWorld.Node one = world.start(1, 1, 1, 2);
        MemberState[] strangers = new MemberState[GossipMessage.MAX_STATES];
        for (int i = 0; i < strangers.length; i++) {
            strangers[i] = state(i + 10, 1, 1);
        }
        one.receive(2, delivery(1, strangers));
        assertThat(one.gossiper.states()).extracting(MemberState::id).containsExactly(1L);
        one.gossiper.members(GossipWorld.members(1, 2, 10));
        one.receive(2, delivery(1, strangers));
        assertThat(one.gossiper.states()).extracting(MemberState::id).containsExactly(1L, 10L);
        one.gossiper.members(GossipWorld.members(1, 2));
        assertThat(one.gossiper.states()).extracting(MemberState::id).containsExactly(1L);
    }

    @Test
    void nodesThatKnowDifferentMembersHearOfThoseTheyBothKnow() {
        world.start(1, 1, 1, 2, 3);
        world.start(2, 1, 1, 2, 3, 4);
        world.start(3, 1, 1, 2, 3);
        world.cut(1, 3);
        world.cut(3, 1);
        world.start(4, 1, 1, 2, 3, 4);
        world.run(30_000);
        assertThat(node(1).gossiper.states()).extracting(MemberState::id).containsExactly(1L, 2L, 3L);
        assertThat(node(4).gossiper.states()).extracting(MemberState::id).containsExactly(1L, 2L, 3L, 4L);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.gossiper.liveness().suspectedCount()).as("suspected by " + node.id).isZero();
        }
    }

    @Test
    void aNewerEpochIsHeardUntilThisNodeHasIt() {
        world.startAll(2);
        world.run(2_000);
        node(2).report = new SelfReport(4, 0, 0, 0, 0, false);
        world.run(1_000);
        assertThat(node(1).heard).isNotEmpty().containsOnly("epoch 4 of 2");
        node(1).report = node(2).report;
        world.run(400);
        node(1).heard.clear();
        world.run(1_000);
        assertThat(node(1).heard).isEmpty();
        assertThat(node(2).heard).isEmpty();
    }

    @Test
    void whatANodeReportsReachesTheOthers() {
        world.startAll(3);
        world.run(2_000);
        node(3).report = new SelfReport(1, 11, 22, 33, 44, true);
        world.run(600);
        assertThat(Objects.requireNonNull(node(1).stateOf(3)).report()).isEqualTo(node(3).report);
        node(3).report = new SelfReport(1, 12, 23, 34, 45, true);
        world.run(GossipOptions.DEFAULT.periodMillis() * (Gossiper.REFRESH_HEARTBEATS + 3));
        assertThat(Objects.requireNonNull(node(1).stateOf(3)).report()).isEqualTo(node(3).report);
    }

    @Test
    void aClockThatIsOffIsSeenByItsOwnNodeAndMovesNobodyElse() {
        world.startAll(4);
        node(2).skewMillis = 86_400_000;
        world.run(3_000);
        assertThat(node(2).gossiper.estimatedClockOffsetMillis()).isBetween(86_399_990L, 86_400_010L);
        assertThat(node(1).gossiper.estimatedClockOffsetMillis()).isBetween(-10L, 10L);
        node(2).skewMillis = -5_000;
        assertThat(node(2).gossiper.estimatedClockOffsetMillis())
                .as("a jump is seen before anybody has been asked again")
                .isBetween(-5_010L, -4_990L);
    }

    @Test
    void aNodeThatIsNoMemberSaysNothing() {
        GossipWorld.Node one = world.start(1, 1, 2, 3);
        GossipWorld.Node two = world.start(2, 1, 2, 3);
        world.run(2_000);
        assertThat(one.gossiper.states()).isEmpty();
        assertThat(two.gossiper.states()).extracting(MemberState::id).containsExactly(2L);
    }

    @Test
    void garbageIsRefusedAndChangesNothing() {
        world.startAll(2);
        world.run(2_000);
        GossipWorld.Node one = node(1);
        byte[] right = delivery(1, state(2, 1, 1_000));
        byte[] longer = java.util.Arrays.copyOf(right, right.length + 1);
        assertThatThrownBy(() -> one.receive(2, longer)).isInstanceOf(MalformedMessageException.class);
        byte[] shorter = java.util.Arrays.copyOf(right, right.length - 1);
        assertThatThrownBy(() -> one.receive(2, shorter)).isInstanceOf(MalformedMessageException.class);
        assertThat(Objects.requireNonNull(one.stateOf(2)).heartbeat()).isLessThan(1_000);

        MessageWriter exchange = Calls.begin(new MessageWriter(), MessageType.GOSSIP).writeByte(EXCHANGE);
        new GossipMessage(1, 1, 0, new Digests(Form.NAMED, 0), List.of(), List.of()).write(exchange, ProtocolVersion.NEWEST);
        assertThatThrownBy(() -> one.receive(2, exchange.toByteArray())).isInstanceOf(MalformedMessageException.class);
    }

    /** Exchanges, answers and deliveries: one of a newer version could not be read by who speaks the first. */
    @Test
    void overLinksOfTheFirstVersionEverythingIsWrittenInIt() {
        world.spoken = 1;
        world.startAll(5);
        world.run(10_000);
        for (GossipWorld.Node node : world.nodes.values()) {
            assertThat(node.gossiper.states()).extracting(MemberState::id).containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(node.gossiper.liveness().suspectedCount()).isZero();
        }
        assertThat(world.kindsSent).as("all three have been sent").contains("exchange", "delivery", "answer");
    }
}
