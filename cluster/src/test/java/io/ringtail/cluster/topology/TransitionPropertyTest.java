package io.ringtail.cluster.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What comes of topologies that are moved on batch by batch, over changes drawn from seeds. */
class TransitionPropertyTest {
    @Test
    void batchesReachTheGoalAndMoveNothingTwice() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<Member> members = new ArrayList<>();
            for (int i = 1; i <= 2 + random.nextInt(12); i++) {
                members.add(new Member(i, "h", 1, 1, 1 + random.nextInt(3), random.nextBoolean() ? "" : "r" + random.nextInt(3)));
            }
            int partitions = 1 << (6 + random.nextInt(6));
            Topology now = Topology.alone(1, "c", members.getFirst(), partitions, List.of(Keyspace.DEFAULT));
            now = now.next(members, PartitionAssignment.assign(now, members), now.keyspaces());
            Topology before = change(now, random);
            int fewest = differing(before, Transition.goal(before));
            int moved = 0;
            Topology at = before;
            for (int batch = 0; !TransitionGoal.of(at).moves().isEmpty(); batch++) {
                assertThat(batch).as("seed %d", seed).isLessThan(100);
                List<Transition.Move> moves = TransitionGoal.of(at).moves();
                boolean isForEvenness = moved == fewest;
                moved += isForEvenness ? 0 : moves.size();
                int[] owned = owned(at);
                Topology moving = at.next(at.transition().withMoves(moves));
                assertThat(Placement.differs(at, moving)).as("seed %d: begun", seed).isFalse();
                at = moving.nextHandedOver();
                assertThat(Placement.differs(moving, at)).as("seed %d: handed over", seed).isFalse();
                if (isForEvenness) {
                    assertThat(owned(at)).as("seed %d: exchanged", seed).isEqualTo(owned);
                }
            }
            assertThat(moved).as("seed %d", seed).isEqualTo(fewest);
            for (Transition.Departure departure : at.transition().departures()) {
                assertThat(Placement.ownsAny(at, departure.memberId())).as("seed %d", seed).isFalse();
            }
        }
    }

    private static int[] owned(Topology topology) {
        int[] counts = new int[topology.members().size()];
        for (int owner : topology.owners()) {
            counts[owner]++;
        }
        return counts;
    }

    private static int differing(Topology topology, int[] owners) {
        int count = 0;
        for (int i = 0; i < owners.length; i++) {
            count += owners[i] == topology.owner(i) ? 0 : 1;
        }
        return count;
    }

    private static Topology change(Topology now, Random random) {
        List<Member> members = new ArrayList<>(now.members());
        return switch (random.nextInt(4)) {
            case 0 -> {
                members.add(new Member(100, "h", 1, 1, 2, ""));
                yield now.next(members, now.owners(), now.keyspaces());
            }
            case 1 -> now.next(now.transition().withDeparture(members.getLast().id(), 0));
            case 2 -> now.next(now.transition().withDeparture(members.getLast().id(), members.getFirst().id()));
            default -> {
                members.set(0, members.getFirst().withWeight(7));
                yield now.next(members, now.owners(), now.keyspaces());
            }
        };
    }

    @Test
    void aSuccessorGetsAllThatItsPredecessorOwnedAndOthersKeepTheirs() {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            members.add(new Member(i, "h", 1, 1, 1, ""));
        }
        Topology now = Topology.alone(1, "c", members.getFirst(), 1024, List.of(Keyspace.DEFAULT));
        now = now.next(members, PartitionAssignment.assign(now, members), now.keyspaces());
        members.add(new Member(6, "h", 1, 1, 1, ""));
        Topology with = now.next(members, now.owners(), now.keyspaces());
        Topology replaced = with.next(with.transition().withDeparture(3, 6));
        int[] goal = Transition.goal(replaced);
        for (int partition = 0; partition < 1024; partition++) {
            int owner = replaced.owner(partition);
            assertThat(goal[partition]).isEqualTo(owner == replaced.indexOf(3) ? replaced.indexOf(6) : owner);
        }
    }

    @Test
    void aSuccessorThatOwnsSomethingAlreadyKeepsItAndNothingMovesTwice() {
        for (int heir = 1; heir <= 5; heir += 2) {
            List<Member> members = new ArrayList<>();
            for (int i = 1; i <= 5; i++) {
                members.add(new Member(i, "h", 1, 1, i == 5 ? 2 : 1, ""));
            }
            Topology now = Topology.alone(1, "c", members.getFirst(), 1024, List.of(Keyspace.DEFAULT));
            now = now.next(members, PartitionAssignment.assign(now, members), now.keyspaces());
            Topology replaced = now.next(now.transition().withDeparture(2, heir));
            int[] goal = Transition.goal(replaced);
            int owned = 0;
            for (int partition = 0; partition < 1024; partition++) {
                boolean isLeavers = now.owner(partition) == 1;
                owned += isLeavers ? 1 : 0;
                if (!isLeavers) {
                    assertThat(goal[partition]).as("heir %d, partition %d, of one that stays", heir, partition).isEqualTo(now.owner(partition));
                }
            }
            assertThat(differing(replaced, goal)).isEqualTo(owned);
        }
    }
}
