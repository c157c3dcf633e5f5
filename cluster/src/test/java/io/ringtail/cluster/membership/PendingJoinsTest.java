package io.ringtail.cluster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a topology that somebody joins. */
class PendingJoinsTest {
    private static Member member(long id) {
        return new Member(id, "h", 1, 1, 1, "");
    }

    private static PendingJoins joining(long id) {
        PendingJoins joins = new PendingJoins();
        assertThat(joins.add(member(id), decided -> {})).isTrue();
        return joins;
    }

    private static Topology two() {
        return new Topology(1, "c", 5, List.of(member(1), member(2)), new int[] {0, 0, 0, 0, 0, 0, 0, 0}, List.of(Keyspace.DEFAULT));
    }

    @Test
    void whereNobodyHoldsDataANewcomerIsGivenItsShareAtOnce() {
        Topology next = joining(3).next(two(), true);
        assertThat(next).isNotNull();
        assertThat(next.owners()).contains(0, 1, 2);
    }

    @Test
    void whereSomebodyDoesItOwnsNothingYet() {
        Topology next = joining(3).next(two(), false);
        assertThat(next).isNotNull();
        assertThat(next.owners()).containsOnly(0);
        assertThat(next.indexOf(3)).isEqualTo(2);
    }

    @Test
    void whatIsBeingHandedOverIsLeftToThoseWhoLookWhetherItHasBeen() {
        Topology moving = two().next(Transition.NONE.withMoves(List.of(new Transition.Move(3, 2))));
        for (boolean mayMove : new boolean[] {true, false}) {
            Topology next = joining(3).next(moving, mayMove);
            assertThat(next).isNotNull();
            assertThat(next.indexOf(3)).isEqualTo(2);
            assertThat(next.owners()).isEqualTo(moving.owners());
            assertThat(next.transition()).isEqualTo(moving.transition());
        }
    }
}
