package io.ringtail.cluster.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Preference lists against the same rule written plainly, walking the ring for each of them. */
class RingPropertyTest {
    private static Topology random(Random random) {
        int size = 1 + random.nextInt(random.nextBoolean() ? 6 : 80);
        int racks = random.nextInt(8);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String rack = racks == 0 || random.nextInt(10) == 0 ? "" : "r" + random.nextInt(racks);
            members.add(new Member(10 + i, "h", 1, 1, 1, rack));
        }
        int[] owners = new int[1 << random.nextInt(9)];
        for (int i = 0; i < owners.length; i++) {
            owners[i] = random.nextInt(size);
        }
        return new Topology(1, "c", 1, members, owners, List.of(Keyspace.DEFAULT));
    }

    private static int[] naive(Topology topology, int partition) {
        List<Integer> list = new ArrayList<>();
        Set<String> racksOfRound = new HashSet<>();
        int mask = topology.partitions() - 1;
        while (true) {
            racksOfRound.clear();
            boolean found = false;
            for (int step = 0; step <= mask; step++) {
                int member = topology.owner(partition + step & mask);
                String rack = topology.members().get(member).rack();
                if (!list.contains(member) && racksOfRound.add(rack.isEmpty() ? "of its own " + member : rack)) {
                    list.add(member);
                    found = true;
                }
            }
            if (!found) {
                return list.stream().limit(Ring.MAX_PREFERENCE).mapToInt(i -> i).toArray();
            }
        }
    }

    @Test
    void preferencesAreThoseOfThePlainRule() {
        for (int seed = 0; seed < 400; seed++) {
            Topology topology = random(new Random(seed));
            Ring ring = Ring.of(topology);
            for (int partition = 0; partition < topology.partitions(); partition++) {
                assertThat(ring.preferenceOf(partition))
                        .as("seed %d partition %d", seed, partition)
                        .isEqualTo(naive(topology, partition));
            }
        }
    }

    @Test
    void withoutRacksTheOrderIsClockwise() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            members.add(new Member(10 + i, "h", 1, 1, 1, ""));
        }
        Ring ring = Ring.of(new Topology(1, "c", 1, members, new int[] {2, 0, 0, 3, 2, 1, 3, 0}, List.of(Keyspace.DEFAULT)));
        assertThat(ring.preferenceOf(0)).containsExactly(2, 0, 3, 1);
        assertThat(ring.preferenceOf(5)).containsExactly(1, 3, 0, 2);
    }

    @Test
    void theFirstOnesAreOnAsManyRacksAsThereAre() {
        for (int seed = 0; seed < 200; seed++) {
            Topology topology = random(new Random(seed));
            int racks = 0;
            Set<String> seen = new HashSet<>();
            for (int owner : new HashSet<>(java.util.Arrays.stream(topology.owners()).boxed().toList())) {
                String rack = topology.members().get(owner).rack();
                racks += rack.isEmpty() || seen.add(rack) ? 1 : 0;
            }
            int[] list = Ring.of(topology).preferenceOf(0);
            int first = Math.min(racks, list.length);
            Set<String> ofFirst = new HashSet<>();
            for (int i = 0; i < first; i++) {
                String rack = topology.members().get(list[i]).rack();
                assertThat(rack.isEmpty() || ofFirst.add(rack)).as("seed %d", seed).isTrue();
            }
        }
    }

    @Test
    void theLargestRingIsMadeInTheBlinkOfAnEye() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            members.add(new Member(10 + i, "h", 1, 1, 1, "r" + (i == 0 ? 0 : 1 + i % 3)));
        }
        Topology alone = Topology.alone(1, "c", members.getFirst(), Topology.MAX_PARTITIONS, List.of(Keyspace.DEFAULT));
        Topology topology = alone.next(members, PartitionAssignment.assign(alone, members), alone.keyspaces());
        long start = System.nanoTime();
        Ring ring = Ring.of(topology);
        assertThat((System.nanoTime() - start) / 1_000_000).as("milliseconds").isLessThan(1_000);
        assertThat(ring.preferenceOf(77)).hasSize(Ring.MAX_PREFERENCE);
    }
}
