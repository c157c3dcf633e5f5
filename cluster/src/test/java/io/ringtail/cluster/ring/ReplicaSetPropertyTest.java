package io.ringtail.cluster.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What quorums promise while partitions are handed over, over rings drawn from seeds. */
class ReplicaSetPropertyTest {
    private static final List<ConsistencyLevel> LEVELS = List.of(ConsistencyLevel.ONE, ConsistencyLevel.of("TWO"), ConsistencyLevel.QUORUM, ConsistencyLevel.ALL);

    private static Topology random(Random random, int factor) {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= 2 + random.nextInt(7); i++) {
            members.add(new Member(i, "h", 1, 1, 1, random.nextBoolean() ? "" : "rack" + random.nextInt(3)));
        }
        int[] owners = new int[32];
        List<Transition.Move> moves = new ArrayList<>();
        int owning = 1 + random.nextInt(members.size());
        for (int i = 0; i < owners.length; i++) {
            owners[i] = random.nextInt(owning);
            if (random.nextInt(3) == 0) {
                moves.add(new Transition.Move(i, members.get(random.nextInt(members.size())).id()));
            }
        }
        Keyspace keyspace = new Keyspace("", factor, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
        return new Topology(1, "c", 1, members, owners, List.of(keyspace), Transition.NONE.withMoves(moves));
    }

    /** The replicas of one epoch as sets of bits, and the fewest of them that a level takes. */
    private static int bits(ReplicaSet set) {
        int bits = 0;
        for (int i = 0; i < set.count(); i++) {
            bits |= 1 << set.preference()[i];
        }
        return bits;
    }

    /** Whether any so many of the one and any so many of the other have one in common: worst, those outside of what both have are taken first. */
    private static boolean alwaysMeet(int one, int needed, int other, int otherNeeded) {
        int both = Integer.bitCount(one & other);
        int oneInside = Math.max(0, needed - Integer.bitCount(one & ~other));
        int otherInside = Math.max(0, otherNeeded - Integer.bitCount(other & ~one));
        return oneInside + otherInside > both;
    }

    @Test
    void quorumsOfThreeEpochsMeetWhereThoseOfOneDo() {
        int met = 0;
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            int factor = 1 + random.nextInt(5);
            Topology joint = random(random, factor);
            Keyspace keyspace = joint.keyspaces().getFirst();
            Ring before = Ring.of(joint.next(joint.transition().withMoves(List.of())));
            Ring during = Ring.of(joint);
            Ring after = Ring.of(joint.nextHandedOver());
            for (int partition = 0; partition < joint.partitions(); partition++) {
                ReplicaSet old = before.replicasOf(keyspace, partition);
                ReplicaSet both = during.replicasOf(keyspace, partition);
                ReplicaSet next = after.replicasOf(keyspace, partition);
                String what = "seed " + seed + " partition " + partition;
                assertThat(bits(both)).as(what).isEqualTo(bits(old) | bits(next));
                assertThat(both.preference()).as(what).doesNotHaveDuplicates();
                assertThat(both.countBefore()).as(what).isEqualTo(old.count());
                for (ConsistencyLevel write : LEVELS) {
                    for (ConsistencyLevel read : LEVELS) {
                        boolean meetBefore = old.required(read) + old.required(write) > old.count();
                        boolean meetAfter = next.required(read) + next.required(write) > next.count();
                        if (!meetBefore || !meetAfter) {
                            continue;
                        }
                        met++;
                        assertThat(alwaysMeet(bits(both), both.required(read), bits(both), both.required(write))).as(what).isTrue();
                        assertThat(alwaysMeet(bits(both), both.required(read), bits(old), old.required(write))).as(what).isTrue();
                        assertThat(alwaysMeet(bits(old), old.required(read), bits(both), both.required(write))).as(what).isTrue();
                        assertThat(alwaysMeet(bits(both), both.required(read), bits(next), next.required(write))).as(what).isTrue();
                        assertThat(alwaysMeet(bits(next), next.required(read), bits(both), both.required(write))).as(what).isTrue();
                    }
                }
                // As many may fail as otherwise.
                assertThat(both.count() - both.required(ConsistencyLevel.QUORUM))
                        .as(what)
                        .isGreaterThanOrEqualTo(Math.min(
                                old.count() - old.required(ConsistencyLevel.QUORUM), next.count() - next.required(ConsistencyLevel.QUORUM)));
            }
        }
        assertThat(met).isGreaterThan(1_000);
    }

    /** Where everybody owns something, and the last gives all that it owns to the first. */
    private static Topology withOneThatGivesAllAway(Topology drawn) {
        int size = drawn.members().size();
        int[] owners = drawn.owners();
        List<Transition.Move> moves = new ArrayList<>();
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % size;
            if (owners[i] == size - 1) {
                moves.add(new Transition.Move(i, drawn.members().getFirst().id()));
            }
        }
        return new Topology(1, "c", 1, drawn.members(), owners, drawn.keyspaces(), Transition.NONE.withMoves(moves));
    }

    /** All subsets of {@code bits} of at least so many. */
    private static List<Integer> subsets(int bits, int atLeast) {
        List<Integer> subsets = new ArrayList<>();
        for (int subset = bits; ; subset = (subset - 1) & bits) {
            if (Integer.bitCount(subset) >= atLeast) {
                subsets.add(subset);
            }
            if (subset == 0) {
                return subsets;
            }
        }
    }

    private static int bits(int[] members) {
        int bits = 0;
        for (int member : members) {
            bits |= 1 << member;
        }
        return bits;
    }

    @Test
    void whatWasAcknowledgedBeforeIsMetByEveryReadAfterwardsWhoeverHasHandedOver() {
        int looked = 0;
        int shrunk = 0;
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            Topology drawn = random(random, 1 + random.nextInt(5));
            Topology joint = seed % 2 == 0 ? drawn : withOneThatGivesAllAway(drawn);
            Keyspace keyspace = joint.keyspaces().getFirst();
            Ring before = Ring.of(joint.next(joint.transition().withMoves(List.of())));
            Ring during = Ring.of(joint);
            Ring after = Ring.of(joint.nextHandedOver());
            for (int partition = 0; partition < joint.partitions(); partition += 3) {
                ReplicaSet old = before.replicasOf(keyspace, partition);
                ReplicaSet next = after.replicasOf(keyspace, partition);
                int receivers = bits(during.replicasOf(keyspace, partition).receivers());
                shrunk += next.count() < old.count() ? 1 : 0;
                for (ConsistencyLevel level : List.of(ConsistencyLevel.QUORUM, ConsistencyLevel.ALL, ConsistencyLevel.ONE)) {
                    int write = Math.min(old.count(), old.required(level));
                    // The level that meets it.
                    ConsistencyLevel readLevel = level == ConsistencyLevel.ONE ? ConsistencyLevel.ALL : level == ConsistencyLevel.ALL ? ConsistencyLevel.ONE : level;
                    int read = next.required(readLevel);
                    int sources = Math.max(old.count() / 2 + 1, old.count() - write + 1);
                    for (int acceptors : subsets(bits(old), write)) {
                        for (int senders : subsets(bits(old), sources)) {
                            int holders = (acceptors | ((acceptors & senders) != 0 ? receivers : 0)) & bits(next);
                            looked++;
                            assertThat(next.count() - Integer.bitCount(holders))
                                    .as("seed %d partition %d %s: of %s to %s, replicas that have it not", seed, partition, level, old.count(), next.count())
                                    .isLessThan(read);
                        }
                    }
                }
            }
        }
        assertThat(looked).isGreaterThan(10_000);
        assertThat(shrunk).as("partitions that come to have fewer replicas").isGreaterThan(50);
    }
}
