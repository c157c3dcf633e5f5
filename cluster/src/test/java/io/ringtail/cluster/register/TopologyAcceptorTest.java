package io.ringtail.cluster.register;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopologyAcceptorTest {
    private static final List<Member> MEMBERS =
            List.of(new Member(7, "h", 1, 2, 1, "a"), new Member(8, "h", 3, 4, 1, "a"));
    private static final Topology FIRST = new Topology(9, "c", 1, MEMBERS, new int[4], List.of(Keyspace.DEFAULT));
    private static final Topology SAME = FIRST.next(MEMBERS, FIRST.owners(), FIRST.keyspaces());
    private static final Topology MOVED = FIRST.next(MEMBERS, new int[] {0, 1, 0, 1}, FIRST.keyspaces());

    private boolean hasData;
    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private TopologyAcceptor acceptor;

    @BeforeEach
    void begin() throws IOException {
        TopologyFile file = new TopologyFile(files, Path.of("/data"), 7);
        acceptor = TopologyAcceptor.begin(7, file, () -> !hasData, FIRST);
    }

    private TopologyAcceptor afterPowerCut() throws IOException {
        files.powerCut(new Random(1));
        return TopologyAcceptor.load(7, new TopologyFile(files, Path.of("/data"), 7), () -> !hasData).orElseThrow();
    }

    @Test
    void whatWasLearntIsGoneByBeforeItIsKept() throws IOException {
        acceptor.prepare(9, 1, ballot(5), true);
        acceptor.accept(9, 1, ballot(5), SAME);
        assertThat(acceptor.learn(SAME)).isTrue();
        assertThat(acceptor.decided()).isEqualTo(SAME);
        assertThat(acceptor.isKept()).isFalse();

        TopologyAcceptor restarted = afterPowerCut();
        assertThat(restarted.decided()).as("it votes as it did").isEqualTo(FIRST);
        assertThat(restarted.isFrozen()).isTrue();
        assertThat(restarted.prepare(9, 1, ballot(6), false).accepted()).isEqualTo(SAME);

        restarted.learn(SAME);
        restarted.keep();
        assertThat(restarted.isKept()).isTrue();
        assertThat(afterPowerCut().decided()).isEqualTo(SAME);
    }

    @Test
    void aVoteKeepsWhatWasLearntBefore() throws IOException {
        acceptor.learn(SAME);
        assertThat(acceptor.prepare(9, 2, ballot(3), false).status()).isEqualTo(Vote.Status.GRANTED);
        assertThat(acceptor.isKept()).isTrue();
        TopologyAcceptor restarted = afterPowerCut();
        assertThat(restarted.decided()).isEqualTo(SAME);
        assertThat(restarted.promised()).isEqualTo(ballot(3));
    }

    private static Ballot ballot(long round) {
        return new Ballot(round, 8);
    }

    @Test
    void anEarlierBallotIsRefusedWithTheOnePromised() throws IOException {
        assertThat(acceptor.prepare(9, 1, ballot(5), false).status()).isEqualTo(Vote.Status.GRANTED);
        Vote late = acceptor.prepare(9, 1, ballot(4), false);
        assertThat(late.status()).isEqualTo(Vote.Status.REFUSED);
        assertThat(late.promised()).isEqualTo(ballot(5));
        assertThat(acceptor.accept(9, 1, ballot(4), SAME).status()).isEqualTo(Vote.Status.REFUSED);
        assertThat(acceptor.accept(9, 1, ballot(5), SAME).status()).isEqualTo(Vote.Status.GRANTED);
        Vote next = acceptor.prepare(9, 1, ballot(6), false);
        assertThat(next.accepted()).isEqualTo(SAME);
        assertThat(next.acceptedBallot()).isEqualTo(ballot(5));
    }

    @Test
    void otherOwnersOrRacksAreAcceptedFrozenOnly() throws IOException {
        Topology otherRack =
                FIRST.next(List.of(new Member(7, "h", 1, 2, 1, "b"), MEMBERS.get(1)), FIRST.owners(), FIRST.keyspaces());
        assertThat(acceptor.accept(9, 1, ballot(5), MOVED).status()).isEqualTo(Vote.Status.STRANGER);
        assertThat(acceptor.accept(9, 1, ballot(5), otherRack).status()).isEqualTo(Vote.Status.STRANGER);
        assertThat(acceptor.prepare(9, 1, ballot(5), true).isFrozen()).isTrue();
        assertThat(acceptor.accept(9, 1, ballot(5), MOVED).status()).isEqualTo(Vote.Status.GRANTED);
    }

    @Test
    void whoHoldsDataDoesNotFreeze() throws IOException {
        hasData = true;
        Vote vote = acceptor.prepare(9, 1, ballot(5), true);
        assertThat(vote.status()).isEqualTo(Vote.Status.GRANTED);
        assertThat(vote.isEmpty()).isFalse();
        assertThat(vote.isFrozen()).isFalse();
        assertThat(acceptor.isFrozen()).isFalse();
    }

    @Test
    void dataAreRefusedBeforeItIsAskedWhetherThereAreAny() throws IOException {
        boolean[] wasFrozen = new boolean[1];
        TopologyFile file = new TopologyFile(new SimulatedFileSystem(), Path.of("/data"), 7);
        TopologyAcceptor[] asked = new TopologyAcceptor[1];
        asked[0] = TopologyAcceptor.begin(
                7,
                file,
                () -> {
                    wasFrozen[0] = asked[0].isFrozen();
                    return true;
                },
                FIRST);
        asked[0].prepare(9, 1, ballot(1), true);
        assertThat(wasFrozen[0]).isTrue();
    }

    @Test
    void theNextEpochThawsWhateverItIs() throws IOException {
        acceptor.prepare(9, 1, ballot(5), true);
        acceptor.prepare(9, 1, ballot(6), false);
        assertThat(acceptor.isFrozen()).isTrue();
        assertThat(acceptor.learn(SAME)).isTrue();
        assertThat(acceptor.isFrozen()).isFalse();
        assertThat(acceptor.promised()).isEqualTo(Ballot.NONE);
        assertThat(acceptor.learn(SAME)).as("known already").isFalse();
    }

    @Test
    void whoIsOfAnotherClusterOrEpochIsToldSo() throws IOException {
        assertThat(acceptor.prepare(10, 1, ballot(5), false).status()).isEqualTo(Vote.Status.STRANGER);
        assertThat(acceptor.prepare(9, 2, ballot(5), false).status()).isEqualTo(Vote.Status.OLDER);
        assertThat(acceptor.prepare(9, 1, new Ballot(5, 99), false).status()).as("no member").isEqualTo(Vote.Status.STRANGER);
        acceptor.learn(SAME);
        Vote vote = acceptor.accept(9, 1, ballot(5), SAME);
        assertThat(vote.status()).isEqualTo(Vote.Status.NEWER);
        assertThat(vote.newer()).isEqualTo(SAME);
    }

    @Test
    void aValueOfAnotherEpochOrNameIsNone() throws IOException {
        Topology tooFar = SAME.next(MEMBERS, FIRST.owners(), FIRST.keyspaces());
        Topology renamed = new Topology(9, "d", 2, MEMBERS, FIRST.owners(), FIRST.keyspaces());
        assertThat(acceptor.accept(9, 1, ballot(5), tooFar).status()).isEqualTo(Vote.Status.STRANGER);
        assertThat(acceptor.accept(9, 1, ballot(5), renamed).status()).isEqualTo(Vote.Status.STRANGER);
    }
}
