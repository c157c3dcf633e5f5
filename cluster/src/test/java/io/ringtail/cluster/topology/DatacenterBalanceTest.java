package io.ringtail.cluster.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Members of a data center hold what they should of its replicas, whatever their racks and weights: at most a tenth more than their share, which is by weight as far as racks, of
 * which each has one replica of a key while there are enough, let it be.
 */
class DatacenterBalanceTest {
    private static final int PARTITIONS = 1024;
    /** Each time at most so many partitions move for evenness alone as are handed over at a time. */
    private static final int HANDOVERS_MAX = 64;

    private static Topology placed(Topology topology) {
        Topology now = topology.placed();
        for (int i = 0; i < HANDOVERS_MAX; i++) {
            Topology next = now.placed();
            if (next.datacenterRings().equals(now.datacenterRings())) {
                return now;
            }
            now = next;
        }
        throw new AssertionError("partitions go on moving");
    }

    /** How much more than its share the fullest has, in percent. */
    private static double fullestPercent(Topology topology, String datacenter, int replicas) {
        List<Member> members = topology.members();
        Ring ring = Ring.of(topology);
        Map<Integer, Integer> held = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            ReplicaSet set = ring.replicasOf(topology.keyspaces().getFirst(), partition);
            for (int i = 0; i < set.count(); i++) {
                held.merge(set.preference()[i], 1, Integer::sum);
            }
        }
        Map<String, Integer> numbers = new HashMap<>();
        int[] racks = members.stream().mapToInt(member -> numbers.computeIfAbsent(member.rack(), rack -> numbers.size())).toArray();
        int[] weights = members.stream().mapToInt(Member::weight).toArray();
        int[] owners = topology.datacenterRing(datacenter).ownersIn(topology);
        double[] fair = ReplicaLoads.fair(owners, racks, weights, replicas);
        double most = 0;
        for (int owner : Arrays.stream(owners).distinct().toArray()) {
            most = Math.max(most, 100 * (held.get(owner) - fair[owner]) / fair[owner]);
        }
        return most;
    }

    private static Topology joined(String replication, List<Member> members, boolean oneByOne) {
        Keyspace keyspace = new Keyspace("", Replication.parse(replication), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
        Topology now = placed(Topology.alone(1, "c", members.getFirst(), PARTITIONS, List.of(keyspace)));
        for (int i = oneByOne ? 2 : members.size(); i <= members.size(); i++) {
            List<Member> there = members.subList(0, i);
            now = placed(now.next(there, PartitionAssignment.carryOver(now, there), now.keyspaces()));
        }
        return now;
    }

    @ParameterizedTest(name = "{0} replicas, racks {1}, weights {2}")
    @CsvSource({
        "3, 012012, 111111",
        "3, 001122, 122211",
        "3, 000112, 111111",
        "3, 0001, 1111",
        "3, 012345, 123123",
        "3, 001021, 111111",
        "3, 00112233, 11112222",
        "2, 012012, 111111",
        "2, 000112, 111111",
        "2, 00111, 11111",
        "2, 012345, 123123",
        "1, 00112, 12311",
        "5, 01234567, 11112222",
    })
    void theFullestHoldsAtMostATenthMoreThanItsShare(int replicas, String racks, String weights) {
        for (boolean oneByOne : new boolean[] {false, true}) {
            List<Member> members = new ArrayList<>();
            for (int i = 0; i < racks.length(); i++) {
                int weight = weights.charAt(i) - '0';
                members.add(new Member(1 + 2 * i, "h", 1, 1, weight, "r" + racks.charAt(i), "a"));
                members.add(new Member(2 + 2 * i, "h", 1, 1, 1, "s" + i, "b"));
            }
            Topology now = joined("a:" + replicas + ",b:3", members, oneByOne);
            assertThat(fullestPercent(now, "a", replicas)).as("in a, one by one: %s", oneByOne).isLessThanOrEqualTo(10);
            assertThat(fullestPercent(now, "b", 3)).as("in b, one by one: %s", oneByOne).isLessThanOrEqualTo(10);
        }
    }
}
