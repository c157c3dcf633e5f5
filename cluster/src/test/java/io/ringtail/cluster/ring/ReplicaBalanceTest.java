package io.ringtail.cluster.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How much of the data the fullest member holds, replicas counted, as the real preference lists have it: at most 10 % more than its fair share. The figures are those in
 * {@code docs/operations.md}; each test prints its line.
 */
@Execution(ExecutionMode.CONCURRENT)
class ReplicaBalanceTest {
    /** None; three alike; three of which one has half the members. */
    private static final List<String> RACKS = List.of("", "012", "001021");

    private static final int REPLICAS = 3;

    private int moves;
    private int movesForEvenness;

    /** Racks by turns: of {@code "012"} each third, of {@code "001021"} half of all in the first; none at all when empty. */
    private static List<Member> members(int count, String racks) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String rack = racks.isEmpty() ? "" : "rack" + racks.charAt(i % racks.length());
            // In an order of ids that has nothing to do with racks and weights.
            members.add(new Member(1 + (i * 7_919L) % 100_003, "h", 1, 1, 1 + (i / 6 + i) % 2, rack));
        }
        return members;
    }

    private static Topology alone(Member first, int partitions) {
        return Topology.alone(1, "c", first, partitions, List.of(Keyspace.DEFAULT));
    }

    /** Hands over until nothing is left to be. */
    private Topology settle(Topology topology) {
        Topology at = topology;
        int[] owned = {};
        for (int batch = 0; ; batch++) {
            assertThat(batch).as("batches").isLessThan(1_000);
            List<Transition.Move> batchMoves = TransitionGoal.of(at).moves();
            if (batchMoves.isEmpty()) {
                return at;
            }
            at = at.next(at.transition().withMoves(batchMoves)).nextHandedOver();
            boolean isExchange = Arrays.equals(owned, owned(at));
            owned = owned(at);
            moves += isExchange ? 0 : batchMoves.size();
            movesForEvenness += isExchange ? batchMoves.size() : 0;
        }
    }

    private static int[] owned(Topology topology) {
        int[] counts = new int[topology.members().size()];
        for (int owner : topology.owners()) {
            counts[owner]++;
        }
        return counts;
    }

    private Topology joined(Topology topology, List<Member> newcomers) {
        List<Member> members = new ArrayList<>(topology.members());
        members.addAll(newcomers);
        members.sort(Comparator.comparingLong(Member::id));
        int[] owners = topology.owners();
        for (int i = 0; i < owners.length; i++) {
            owners[i] = members.indexOf(topology.members().get(owners[i]));
        }
        return settle(topology.next(members, owners, topology.keyspaces()));
    }

    private Topology left(Topology topology, Member leaver) {
        Topology settled = settle(topology.next(topology.transition().withDeparture(leaver.id(), 0)));
        assertThat(Placement.ownsAny(settled, leaver.id())).isFalse();
        List<Member> members = new ArrayList<>(settled.members());
        members.remove(leaver);
        int[] owners = settled.owners();
        for (int i = 0; i < owners.length; i++) {
            owners[i] = members.indexOf(settled.members().get(owners[i]));
        }
        return settled.next(members, owners, settled.keyspaces());
    }

    /**
     * What each member should hold: by weight among those of its rack; of the racks, each by the weight of its members, but none more than one replica of everything. Written
     * apart from what is tested.
     */
    private static double[] fairShares(Topology topology) {
        Map<String, Double> weights = new TreeMap<>();
        List<Member> members = topology.members();
        for (Member member : members) {
            weights.merge(rackOf(member), (double) member.weight(), Double::sum);
        }
        Map<String, Double> shares = new TreeMap<>();
        double left = (double) REPLICAS * topology.partitions();
        List<String> heaviestFirst = weights.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
        double weightLeft = weights.values().stream().mapToDouble(Double::doubleValue).sum();
        for (String rack : heaviestFirst) {
            double share = Math.min(topology.partitions(), left * weights.get(rack) / weightLeft);
            shares.put(rack, share);
            left -= share;
            weightLeft -= weights.get(rack);
        }
        return members.stream()
                .mapToDouble(member -> shares.get(rackOf(member)) * member.weight() / weights.get(rackOf(member)))
                .toArray();
    }

    private static String rackOf(Member member) {
        return member.rack().isEmpty() ? "of its own " + member.id() : member.rack();
    }

    private static double fullest(Topology topology) {
        Ring ring = Ring.of(topology);
        int[] held = new int[topology.members().size()];
        for (int partition = 0; partition < topology.partitions(); partition++) {
            ReplicaSet replicas = ring.replicasOf(Keyspace.DEFAULT, partition);
            for (int i = 0; i < replicas.count(); i++) {
                held[replicas.preference()[i]]++;
            }
        }
        double[] fair = fairShares(topology);
        double fullest = 0;
        for (int i = 0; i < held.length; i++) {
            fullest = Math.max(fullest, held[i] / fair[i]);
        }
        return fullest;
    }

    private void isEven(String what, Topology topology) {
        double fullest = fullest(topology);
        System.out.printf("%-50s fullest %+5.1f %%, %6d moves, %5d for evenness%n", what, 100 * (fullest - 1), moves, movesForEvenness);
        assertThat(fullest).as(what).isLessThanOrEqualTo(1.10);
        moves = 0;
        movesForEvenness = 0;
    }

    /** A thousand nodes in racks, which take as long as all the rest, with {@code -Dringtail.balance.nodes=1000}. */
    static Stream<Arguments> clusters() {
        Stream<Arguments> always = Stream.of(5, 20, 100).flatMap(count -> RACKS.stream().map(racks -> arguments(count, 1024, racks)));
        List<String> ofAThousand = Integer.getInteger("ringtail.balance.nodes", 100) < 1000 ? RACKS.subList(0, 1) : RACKS;
        return Stream.concat(always, ofAThousand.stream().map(racks -> arguments(1000, 16_384, racks)));
    }

    @ParameterizedTest
    @MethodSource("clusters")
    void theFullestHoldsAtMostATenthMoreThanItsShare(int count, int partitions, String racks) {
        List<Member> members = members(count, racks);
        String what = count + " nodes, racks '" + racks + "'";
        Topology together = joined(alone(members.getFirst(), partitions), members.subList(1, count));
        isEven(what + ", together", together);

        Topology at = together;
        int changes = count > 100 ? 1 : 5;
        for (int i = 0; i < changes; i++) {
            Member leaver = at.members().get((i * 13 + 3) % at.members().size());
            at = left(at, leaver);
            isEven(what + ", " + (i + 1) + " gone", at);
            if (at.members().size() < 5) {
                break;
            }
        }
        if (count <= 100) {
            // Of a hundred the last ten: those before take as long as all the rest of this.
            int first = count <= 20 ? 1 : 90;
            Topology grown = joined(alone(members.getFirst(), partitions), members.subList(1, first));
            for (int i = first; i < count; i++) {
                grown = joined(grown, members.subList(i, i + 1));
                if (i >= 4) {
                    assertThat(fullest(grown)).as("%s, after %d joined", what, i).isLessThanOrEqualTo(1.10);
                }
            }
            isEven(what + ", one by one", grown);
        }
    }
}
