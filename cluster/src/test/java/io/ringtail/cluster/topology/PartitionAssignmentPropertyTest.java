package io.ringtail.cluster.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an assignment promises, over histories of joins and leaves drawn from seeds. */
@Execution(ExecutionMode.CONCURRENT)
class PartitionAssignmentPropertyTest {
    private static Member member(long id, int weight, String rack) {
        return new Member(id, "host", 1, 1, weight, rack);
    }

    private static Topology next(Topology now, List<Member> members) {
        List<Member> sorted = members.stream().sorted(Comparator.comparingLong(Member::id)).toList();
        return now.next(sorted, PartitionAssignment.assign(now, sorted), now.keyspaces());
    }

    private static int[] counts(Topology topology) {
        int[] counts = new int[topology.members().size()];
        for (int owner : topology.owners()) {
            counts[owner]++;
        }
        return counts;
    }

    private static double share(Topology topology, int member) {
        double total = topology.members().stream().mapToInt(Member::weight).sum();
        return topology.partitions() * topology.members().get(member).weight() / total;
    }

    private static int moves(Topology from, Topology to) {
        int moves = 0;
        for (int i = 0; i < from.partitions(); i++) {
            if (ownerId(from, i) != ownerId(to, i)) {
                moves++;
            }
        }
        return moves;
    }

    private static long ownerId(Topology topology, int partition) {
        return topology.members().get(topology.owner(partition)).id();
    }

    private static int sameNeighbours(Topology topology) {
        int same = 0;
        for (int i = 0; i < topology.partitions(); i++) {
            if (topology.owner(i) == topology.owner(i + 1 & topology.partitions() - 1)) {
                same++;
            }
        }
        return same;
    }

    /** The fewest that must move: what owners that left owned, and what others own beyond their share rounded up. */
    private static int fewestMoves(Topology from, Topology to) {
        int[] after = counts(to);
        int moves = 0;
        int[] before = PartitionAssignment.carryOver(from, to.members());
        int[] had = new int[after.length];
        for (int owner : before) {
            if (owner < 0) {
                moves++;
            } else {
                had[owner]++;
            }
        }
        int extras = 0;
        int keptExtras = 0;
        int floors = 0;
        for (int i = 0; i < after.length; i++) {
            int floor = (int) Math.floor(share(to, i) + 1e-9);
            floors += floor;
            moves += Math.max(0, had[i] - floor);
            keptExtras += had[i] > floor && share(to, i) - floor > 1e-9 ? 1 : 0;
        }
        extras = to.partitions() - floors;
        return moves - Math.min(extras, keptExtras);
    }

    @Test
    void everyHistoryKeepsBalanceAndMovesTheFewest() {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int partitions = 1 << random.nextInt(13);
            int racks = random.nextInt(5);
            Topology now = Topology.alone(1, "c", member(500, 1, "r0"), partitions, List.of(Keyspace.DEFAULT));
            for (int step = 0; step < 25; step++) {
                List<Member> members = new ArrayList<>(now.members());
                if (members.size() > 1 && random.nextInt(3) == 0) {
                    members.remove(random.nextInt(members.size()));
                } else if (random.nextInt(6) == 0) {
                    Member changed = members.remove(random.nextInt(members.size()));
                    members.add(member(changed.id(), 1 + random.nextInt(4), changed.rack()));
                } else {
                    for (int joiners = 1 + random.nextInt(3); joiners > 0; joiners--) {
                        String rack = racks == 0 ? "" : "r" + random.nextInt(racks);
                        members.add(member(1000 + random.nextInt(1 << 30), 1 + random.nextInt(4), rack));
                    }
                }
                Topology next = next(now, members);
                String what = "seed " + seed + " step " + step + " partitions " + partitions + " members " + members.size();
                int[] counts = counts(next);
                for (int i = 0; i < counts.length; i++) {
                    assertThat(counts[i]).as(what).isBetween((int) Math.floor(share(next, i)), (int) Math.ceil(share(next, i)));
                }
                assertThat(moves(now, next)).as(what).isEqualTo(fewestMoves(now, next));
                assertThat(next(now, members)).as(what).isEqualTo(next);
                now = next;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 1024, 4096})
    void whoJoinsIsGivenItsShareAndStandsNextToNobodyOfItsOwn(int partitions) {
        Topology now = Topology.alone(1, "c", member(100, 1, ""), partitions, List.of(Keyspace.DEFAULT));
        for (int size = 2; size <= 20; size++) {
            List<Member> members = new ArrayList<>(now.members());
            members.add(member(100 - size % 3 * 10 + size * 7, 1, ""));
            Topology next = next(now, members);
            assertThat(moves(now, next)).as("members %d", size).isBetween(partitions / size, partitions / size + 1);
            assertThat(sameNeighbours(next)).as("members %d", size).isZero();
            now = next;
        }
    }

    @Test
    void ofOneThatLeavesOnlyItsOwnPartitionsMoveAndNeighboursStayApart() {
        Topology now = Topology.alone(1, "c", member(100, 1, ""), 1024, List.of(Keyspace.DEFAULT));
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            members.add(member(100 + i, 1, ""));
        }
        now = next(now, members);
        while (members.size() > 5) {
            Member leaving = members.remove(members.size() / 2);
            int owned = counts(now)[now.indexOf(leaving.id())];
            Topology next = next(now, members);
            assertThat(moves(now, next)).isEqualTo(owned);
            assertThat(sameNeighbours(next)).as("members %d", members.size()).isZero();
            now = next;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void membersThatJoinTogetherHoldEqualPartsOfTheirRacks(int membersInEachRack) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 3 * membersInEachRack; i++) {
            members.add(member(100 + i, 1, "r" + i % 3));
        }
        Topology next = next(Topology.alone(1, "c", members.getFirst(), 1024, List.of(Keyspace.DEFAULT)), members);
        assertThat(sameNeighbours(next)).isZero();
        int[] racks = members.stream().mapToInt(each -> each.rack().charAt(1)).toArray();
        ReplicaLoads loads = new ReplicaLoads(next.owners(), racks, members.stream().mapToInt(Member::weight).toArray(), ReplicaLoads.REPLICAS);
        for (int i = 0; i < members.size(); i++) {
            assertThat(loads.fair(i)).isCloseTo(1024.0 / membersInEachRack, within(1e-6));
            assertThat((double) loads.load(i)).as("member %d", i).isCloseTo(loads.fair(i), withinPercentage(3));
        }
    }

    @Test
    void noPartitionOfTheLargestRingIsBesideAnotherOfTheSameAmongAThousandMembers() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            members.add(member(100 + i, 1 + i % 3, "r" + i % 7));
        }
        Topology alone = Topology.alone(1, "c", members.getFirst(), Topology.MAX_PARTITIONS, List.of(Keyspace.DEFAULT));
        Topology full = next(alone, members);
        members.remove(500);
        Topology left = next(full, members);
        assertThat(sameNeighbours(full)).isZero();
        assertThat(sameNeighbours(left)).isZero();
    }

    @Test
    void moreMembersThanPartitionsLeaveSomeWithoutAny() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            members.add(member(100 + i, 1, ""));
        }
        Topology next = next(Topology.alone(1, "c", members.getFirst(), 4, List.of(Keyspace.DEFAULT)), members);
        assertThat(counts(next)).containsOnly(0, 1);
        assertThat(next.owner(0)).as("who has it keeps it: one of the four moves not").isGreaterThanOrEqualTo(0);
    }
}
