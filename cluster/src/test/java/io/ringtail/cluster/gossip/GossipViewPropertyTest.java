package io.ringtail.cluster.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.gossip.GossipView.Merge;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GossipViewPropertyTest {
    private static final int MEMBERS = 6;
    private static final long WALL_MILLIS = 1_000_000;

    private static GossipView view() {
        GossipView view = new GossipView();
        view.members(IntStream.rangeClosed(1, MEMBERS).mapToLong(id -> id).toArray());
        return view;
    }

    /** What a member says at a version is given by that version. */
    private static MemberState state(long id, long incarnation, long heartbeat) {
        SelfReport report = new SelfReport(incarnation, heartbeat, id, 0, 0, heartbeat % 2 == 0);
        return new MemberState(id, incarnation, heartbeat, 0, report, Set.of(1 + heartbeat % MEMBERS));
    }

    private static MemberState randomState(Random random) {
        return state(1 + random.nextInt(MEMBERS), random.nextInt(3), random.nextInt(40));
    }

    private static String picture(GossipView view) {
        StringBuilder picture = new StringBuilder();
        for (int i = 0; i < view.size(); i++) {
            picture.append(view.state(i)).append(" at ").append(view.heartbeat(i)).append('\n');
        }
        return picture.toString();
    }

    @Test
    void mergeOfStatesIsCommutativeAssociativeAndIdempotent() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            MemberState a = state(1, random.nextInt(3), random.nextInt(3));
            MemberState b = state(1, random.nextInt(3), random.nextInt(3));
            MemberState c = state(1, random.nextInt(3), random.nextInt(3));
            assertThat(MemberState.merge(a, b)).isEqualTo(MemberState.merge(b, a));
            assertThat(MemberState.merge(a, MemberState.merge(b, c)))
                    .isEqualTo(MemberState.merge(MemberState.merge(a, b), c));
            assertThat(MemberState.merge(a, a)).isEqualTo(a);
        }
    }

    @Test
    void itDoesNotMatterInWhichOrderOrHowOftenStatesAreHeard() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<MemberState> states = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                states.add(randomState(random));
            }
            GossipView once = view();
            states.forEach(state -> once.merge(state, WALL_MILLIS));
            List<MemberState> shuffled = new ArrayList<>(states);
            shuffled.addAll(states.subList(0, random.nextInt(states.size())));
            Collections.shuffle(shuffled, random);
            GossipView again = view();
            shuffled.forEach(state -> again.merge(state, WALL_MILLIS));
            assertThat(picture(again)).as("seed %d", seed).isEqualTo(picture(once));
        }
    }

    /**
     * Two views, made different in any way, tell each other what their digests say the other lacks: then they are the
     * same, and each only grew.
     */
    @Test
    void anExchangeMakesTwoViewsTheSameAndTakesNothingBack() {
        for (long seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            GossipView left = view();
            GossipView right = view();
            for (int i = 0; i < 20; i++) {
                (random.nextBoolean() ? left : right).merge(randomState(random), WALL_MILLIS);
                (random.nextBoolean() ? left : right).hear(random.nextInt(MEMBERS), random.nextInt(60));
            }
            List<MemberState> leftBefore = left.states();
            List<MemberState> rightBefore = right.states();
            // Heartbeats of an incarnation that was not known count only once its state is: a second exchange carries
            // them.
            for (int round = 0; round < 2; round++) {
                exchange(left, right);
                exchange(right, left);
            }
            assertThat(picture(left)).as("seed %d", seed).isEqualTo(picture(right));
            for (List<MemberState> before : List.of(leftBefore, rightBefore)) {
                for (MemberState state : before) {
                    MemberState after = left.state(left.indexOf(state.id()));
                    assertThat(after).as("seed %d", seed).isNotNull();
                    assertThat(after == null || state.isNewerThan(after)).as("seed %d", seed).isFalse();
                }
            }
            for (int i = 0; i < MEMBERS; i++) {
                assertThat(left.compare(i, right.digest(i))).as("seed %d", seed).isZero();
            }
        }
    }

    private static void exchange(GossipView from, GossipView to) {
        for (int i = 0; i < MEMBERS; i++) {
            long digest = from.digest(i);
            int difference = to.compare(i, digest);
            MemberState theirs = from.state(i);
            if ((difference & GossipView.PEER_HAS_HEARTBEAT) != 0) {
                to.hear(i, to.heartbeat(i) + HeartbeatDigest.ahead(digest, to.heartbeat(i)));
            }
            if ((difference & GossipView.PEER_HAS_STATE) != 0 && theirs != null) {
                to.merge(theirs, WALL_MILLIS);
            }
            MemberState ours = to.state(i);
            if ((difference & GossipView.PEER_LACKS_STATE) != 0 && ours != null) {
                from.merge(ours, WALL_MILLIS);
            }
        }
    }

    @Test
    void aGreaterIncarnationWinsWhateverItsHeartbeat() {
        GossipView view = view();
        assertThat(view.merge(state(1, 1, 1000), WALL_MILLIS)).isEqualTo(Merge.NEW_INCARNATION);
        assertThat(view.merge(state(1, 2, 3), WALL_MILLIS)).isEqualTo(Merge.NEW_INCARNATION);
        assertThat(view.heartbeat(0)).isEqualTo(3);
        assertThat(view.merge(state(1, 1, 1001), WALL_MILLIS)).isEqualTo(Merge.OLDER);
        assertThat(view.merge(state(1, 2, 3), WALL_MILLIS)).isEqualTo(Merge.SAME);
        assertThat(view.merge(state(1, 2, 4), WALL_MILLIS)).isEqualTo(Merge.NEWER);
        assertThat(view.merge(state(MEMBERS + 1, 1, 1), WALL_MILLIS)).isEqualTo(Merge.REFUSED);
        assertThat(view.merge(state(1, WALL_MILLIS + GossipView.MAX_INCARNATION_JUMP + 1, 1), WALL_MILLIS))
                .isEqualTo(Merge.REFUSED);
    }

    @Test
    void heartbeatsInDigestsAreRightAcrossTheirWrap() {
        for (long heartbeat : new long[] {100, (1 << 24) - 3, (1 << 24) + 2, 5L << 24, (1L << 40) - 1}) {
            MemberState said = state(1, 1, Math.max(heartbeat - 7, 0));
            for (long ahead : new long[] {-90, -1, 0, 1, 1_000_000, (1 << 23) - 1}) {
                long digest = HeartbeatDigest.of(said, heartbeat + Math.max(ahead, -7));
                assertThat(HeartbeatDigest.ahead(digest, heartbeat)).isEqualTo((int) Math.max(ahead, -7));
                assertThat(HeartbeatDigest.isOf(digest, 1)).isTrue();
            }
            assertThat(HeartbeatDigest.lag(HeartbeatDigest.of(said, heartbeat)))
                    .isEqualTo((int) (heartbeat - said.heartbeat()));
        }
        assertThat(HeartbeatDigest.lag(HeartbeatDigest.of(state(1, 1, 1), 10_000))).isEqualTo(255);
    }

    @Test
    void whatIsKnownOfMembersThatStayIsKept() {
        GossipView view = view();
        view.merge(state(2, 1, 5), WALL_MILLIS);
        view.hear(1, 9);
        view.merge(state(3, 1, 5), WALL_MILLIS);
        long hash = view.membersHash();
        view.members(new long[] {2, 7});
        assertThat(view.states()).containsExactly(state(2, 1, 5));
        assertThat(view.heartbeat(0)).isEqualTo(9);
        assertThat(view.membersHash()).isNotEqualTo(hash).isNotEqualTo(new GossipView().membersHash());
    }
}
