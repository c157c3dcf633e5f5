package io.ringtail.cluster.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TransitionGoal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Who has the keys of keyspaces that count replicas by data center, over histories of members that come, go and change their weight, drawn from seeds. */
@Execution(ExecutionMode.CONCURRENT)
class DatacenterRingTest {
    private static final int PARTITIONS = 1024;

    private static Keyspace keyspace(String replication) {
        return new Keyspace("", Replication.parse(replication), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
    }

    private static Topology next(Topology now, List<Member> members) {
        List<Member> sorted = members.stream().sorted(Comparator.comparingLong(Member::id)).toList();
        return now.next(sorted, PartitionAssignment.assign(now, sorted), now.keyspaces()).placed();
    }

    /** Of each member, how many partitions it is a replica of. */
    private static int[] held(Ring ring) {
        int[] held = new int[ring.topology().members().size()];
        for (int partition = 0; partition < ring.topology().partitions(); partition++) {
            ReplicaSet set = ring.replicasOf(ring.topology().keyspaces().getFirst(), partition);
            for (int i = 0; i < set.count(); i++) {
                held[set.preference()[i]]++;
            }
        }
        return held;
    }

    /** How much more than its share by weight the fullest member of each data center has, as a factor; 1 is just its share. */
    private static double fullest(Topology topology, String datacenter, int replicas) {
        List<Member> members = topology.members();
        int[] held = held(Ring.of(topology));
        double total = members.stream().filter(m -> m.datacenter().equals(datacenter)).mapToInt(Member::weight).sum();
        double fullest = 0;
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).datacenter().equals(datacenter)) {
                // Nobody can have more than one replica of a key.
                double share = Math.min(1, replicas * members.get(i).weight() / total) * topology.partitions();
                fullest = Math.max(fullest, held[i] / share);
            }
        }
        return fullest;
    }

    private static Topology alone(String replication) {
        return Topology.alone(1, "c", new Member(500, "h", 1, 1, 1, "", "a"), PARTITIONS, List.of(keyspace(replication)));
    }

    /** The bar: nobody has more than a tenth above its share, whoever joined and left in whatever order. */
    @Test
    void membersOfEachDatacenterHaveTheirShareOfItsReplicas() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            int ofB = 1 + random.nextInt(3);
            Topology now = alone("a:3,b:" + ofB);
            List<Member> members = new ArrayList<>(now.members());
            for (int step = 0; step < 24; step++) {
                if (members.size() > 12 && random.nextInt(3) == 0) {
                    members.remove(random.nextInt(members.size()));
                } else {
                    members.add(new Member(1000 + random.nextInt(1 << 30), "h", 1, 1, 1, "", random.nextInt(3) == 0 ? "b" : "a"));
                }
                now = next(now, members);
                assertThat(fullest(now, "a", 3)).as("seed %d step %d", seed, step).isLessThan(1.1);
                if (now.members().stream().anyMatch(member -> member.datacenter().equals("b"))) {
                    assertThat(fullest(now, "b", ofB)).as("seed %d step %d", seed, step).isLessThan(1.1);
                }
            }
        }
    }

    @Test
    void membersInRacksAndOfDifferentWeightsHaveTheirShareWhereRacksAreAlike() {
        Topology now = alone("a:3,b:3,c:2");
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 27; i++) {
            String rack = "r" + i / 3 % 3;
            members.add(new Member(501 + i * 37 % 101, "h", 1, 1, 1 + i / 9, rack, List.of("a", "b", "c").get(i % 3)));
        }
        now = next(now, members);
        for (String datacenter : List.of("a", "b")) {
            assertThat(fullest(now, datacenter, 3)).as(datacenter).isLessThan(1.1);
        }
    }

    @Test
    void ofEachDatacenterTheReplicasAreThoseThatAClusterOfItsMembersAloneWouldHave() {
        Topology now = alone("a:3,b:2");
        List<Member> members = new ArrayList<>(now.members());
        for (int i = 0; i < 12; i++) {
            members.add(new Member(501 + i, "h", 1, 1, 1, "r" + i % 3, i % 2 == 0 ? "a" : "b"));
            now = next(now, members);
        }
        Ring ring = Ring.of(now);
        for (String datacenter : List.of("a", "b")) {
            List<Member> alone = now.members().stream().filter(member -> member.datacenter().equals(datacenter)).toList();
            int[] owners = new int[PARTITIONS];
            for (int i = 0; i < PARTITIONS; i++) {
                owners[i] = alone.indexOf(now.members().get(now.indexOf(now.datacenterRing(datacenter).owner(i))));
            }
            int replicas = datacenter.equals("a") ? 3 : 2;
            Ring ofItself = Ring.of(new Topology(1, "c", 1, alone, owners, List.of(Keyspace.DEFAULT)));
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ReplicaSet set = ring.replicasOf(now.keyspaces().getFirst(), partition);
                assertThat(set.count()).isEqualTo(5);
                List<Member> here = new ArrayList<>();
                for (int i = 0; i < set.count(); i++) {
                    Member member = now.members().get(set.preference()[i]);
                    if (member.datacenter().equals(datacenter)) {
                        here.add(member);
                    }
                }
                int[] expected = Arrays.copyOf(ofItself.preferenceOf(partition), replicas);
                assertThat(here).containsExactly(Arrays.stream(expected).mapToObj(alone::get).toArray(Member[]::new));
            }
        }
    }

    @Test
    void whoJoinsOneDatacenterMovesNothingInAnother() {
        Topology now = alone("a:3,b:3");
        List<Member> members = new ArrayList<>(now.members());
        for (int i = 0; i < 8; i++) {
            members.add(new Member(501 + i, "h", 1, 1, 1, "", i % 2 == 0 ? "a" : "b"));
        }
        now = next(now, members);
        members.add(new Member(9, "h", 1, 1, 1, "", "b"));
        Topology grown = next(now, members);
        assertThat(grown.datacenterRing("a")).isEqualTo(now.datacenterRing("a"));
        int moved = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            moved += grown.datacenterRing("b").owner(partition) != now.datacenterRing("b").owner(partition) ? 1 : 0;
        }
        assertThat(moved).isBetween(PARTITIONS / 5, PARTITIONS / 5 + 1);
    }

    /** A data center that gets its first replicas gets them by being handed over, and at every moment quorums of all and of each data center meet those of the epochs before and after. */
    @Test
    void aDatacenterIsAddedAndTakenAwayWithoutAnyQuorumMissingAnother() {
        Topology now = alone("a:3");
        List<Member> members = new ArrayList<>(now.members());
        for (int i = 0; i < 8; i++) {
            members.add(new Member(501 + i, "h", 1, 1, 1, "", i % 2 == 0 ? "a" : "b"));
        }
        now = next(now, members);
        Topology named = now.next(now.members(), now.owners(), List.of(keyspace("a:3,b:3")));
        assertThat(Placement.differs(now, named) || Placement.replicationDiffers(now, named)).isFalse();
        Topology at = handOver(named);
        assertThat(Ring.of(at).replicasOf(at.keyspaces().getFirst(), 7).count()).isEqualTo(6);
        assertThat(fullest(at, "b", 3)).isLessThan(1.1);
        for (Member member : members) {
            if (member.datacenter().equals("b")) {
                at = at.next(at.transition().withDeparture(member.id(), 0));
            }
        }
        at = handOver(at);
        for (Member member : members) {
            assertThat(Placement.ownsAny(at, member.id())).isEqualTo(member.datacenter().equals("a"));
        }
        assertThat(Ring.of(at).replicasOf(at.keyspaces().getFirst(), 7).count()).isEqualTo(3);
    }

    private static Topology handOver(Topology from) {
        Topology at = from;
        for (int batch = 0; !TransitionGoal.of(at).moves().isEmpty(); batch++) {
            assertThat(batch).isLessThan(50);
            Topology moving = at.next(at.transition().withMoves(TransitionGoal.of(at).moves()));
            Topology after = moving.nextHandedOver();
            assertThat(Placement.differs(at, moving) || Placement.differs(moving, after)).isFalse();
            assertQuorumsMeet(Ring.of(at), Ring.of(moving));
            assertQuorumsMeet(Ring.of(moving), Ring.of(after));
            at = after;
        }
        return at;
    }

    private static void assertQuorumsMeet(Ring one, Ring other) {
        ConsistencyLevel local = ConsistencyLevel.of("LOCAL_QUORUM");
        for (int partition = 0; partition < PARTITIONS; partition += 5) {
            ReplicaSet set = one.replicasOf(one.topology().keyspaces().getFirst(), partition);
            ReplicaSet next = other.replicasOf(other.topology().keyspaces().getFirst(), partition);
            assertThat(meet(one, set, set.requirement(ConsistencyLevel.QUORUM, 0), next, next.requirement(ConsistencyLevel.QUORUM, 0))).isTrue();
            for (int datacenter = 0; datacenter < one.datacenters().count(); datacenter++) {
                Requirement before = set.requirement(local, datacenter);
                Requirement after = next.requirement(local, datacenter);
                boolean isThere = before.needed() <= before.replicas() && after.needed() <= after.replicas();
                assertThat(!isThere || meet(one, set, before, next, after)).as("partition %d data center %d", partition, datacenter).isTrue();
                Requirement each = set.requirement(ConsistencyLevel.of("EACH_QUORUM"), 0);
                assertThat(!isThere || each.needed(each.partOf(datacenter)) >= before.needed()).isTrue();
            }
        }
    }

    /** Whether any so many of the one and any so many of the other, of requirements with one part, have a member in common. */
    private static boolean meet(Ring ring, ReplicaSet one, Requirement needed, ReplicaSet other, Requirement otherNeeded) {
        List<Integer> mine = members(ring, one, needed.datacenter(0));
        List<Integer> theirs = members(ring, other, otherNeeded.datacenter(0));
        long both = mine.stream().filter(theirs::contains).count();
        long mineInside = Math.max(0, needed.needed() - (mine.size() - both));
        long theirsInside = Math.max(0, otherNeeded.needed() - (theirs.size() - both));
        return needed.needed() > mine.size() || otherNeeded.needed() > theirs.size() || mineInside + theirsInside > both;
    }

    private static List<Integer> members(Ring ring, ReplicaSet set, int datacenter) {
        return Arrays.stream(set.preference(), 0, set.count())
                .filter(member -> datacenter == Requirement.ANYWHERE || ring.datacenters().of(member) == datacenter)
                .boxed()
                .toList();
    }

    @Test
    void whatEachLevelAsksFor() {
        Topology now = alone("a:3,b:2");
        List<Member> members = new ArrayList<>(now.members());
        for (int i = 0; i < 5; i++) {
            members.add(new Member(501 + i, "h", 1, 1, 1, "", i % 2 == 0 ? "a" : "b"));
        }
        members.add(new Member(600, "h", 1, 1, 1, "", "c"));
        Ring ring = Ring.of(next(now, members));
        ReplicaSet set = ring.replicasOf(now.keyspaces().getFirst(), 3);
        assertThat(set.requirement(ConsistencyLevel.of("LOCAL_QUORUM"), 0)).hasToString("Requirement[[2] of [3] in [0]]");
        assertThat(set.requirement(ConsistencyLevel.of("LOCAL_QUORUM"), 1)).hasToString("Requirement[[2] of [2] in [1]]");
        assertThat(set.requirement(ConsistencyLevel.of("LOCAL_ONE"), 1)).hasToString("Requirement[[1] of [2] in [1]]");
        assertThat(set.requirement(ConsistencyLevel.of("LOCAL_ONE"), 2)).as("no replicas there").hasToString("Requirement[[1] of [0] in [2]]");
        assertThat(set.requirement(ConsistencyLevel.of("EACH_QUORUM"), 2)).hasToString("Requirement[[2, 2] of [3, 2] in [0, 1]]");
        assertThat(set.requirement(ConsistencyLevel.QUORUM, 1)).hasToString("Requirement[[3] of [5] in [-1]]");
        assertThat(set.requirement(ConsistencyLevel.ALL, 1)).hasToString("Requirement[[5] of [5] in [-1]]");
    }
}
