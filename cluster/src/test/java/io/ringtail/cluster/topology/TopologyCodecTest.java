package io.ringtail.cluster.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopologyCodecTest {
    private static final String EXAMPLE = """
            03 0000000000000001 0000000000000003 01 63
            02 0000000000000007 01 68 0001 0002 0003 01 72 03 646331
               0000000000000008 01 68 0003 0004 0005 00    03 646332
            02 00 00
            01 00 00 02 03 646331 03 03 646332 02 06 51554f52554d 03 4f4e45 00
            01 01
            00 00
            00 01 01 02 02 00
            """;

    private static Topology random(Random random) {
        List<Member> members = new ArrayList<>();
        boolean withDatacenters = random.nextInt(3) == 0;
        long id = 0;
        for (int i = 1 + random.nextInt(200); i > 0; i--) {
            id += 1 + random.nextInt(1 << 30);
            members.add(new Member(
                    id, "höst" + i, 1 + random.nextInt(65535), 1 + random.nextInt(65535), 1 + random.nextInt(1000), i % 3 == 0 ? "" : "räck" + i, withDatacenters ? "dc" + i % 3 : ""));
        }
        int[] owners = new int[1 << random.nextInt(9)];
        for (int i = 0; i < owners.length; i++) {
            owners[i] = random.nextInt(members.size());
        }
        List<Keyspace> keyspaces = new ArrayList<>(List.of(Keyspace.DEFAULT));
        for (int i = random.nextInt(4); i > 0; i--) {
            keyspaces.add(new Keyspace("p" + i, i, ConsistencyLevel.of("EACH_QUORUM"), ConsistencyLevel.of("7"), i % 2 == 0));
        }
        if (random.nextInt(4) == 0) {
            keyspaces.add(new Keyspace(
                    "s", Replication.of(2), ConsistencyLevel.ONE, ConsistencyLevel.ALL, random.nextBoolean(), ConflictPolicy.SIBLINGS));
        }
        if (withDatacenters && random.nextBoolean()) {
            keyspaces.add(new Keyspace("dc", Replication.parse("dc1:2,nöwhere:1,dc2:4"), ConsistencyLevel.ONE, ConsistencyLevel.ALL, true));
        }
        Topology settled =
                new Topology(1 + random.nextInt(1 << 30), "clüster", 1 + random.nextInt(1 << 30), members, owners, keyspaces);
        if (random.nextBoolean() && !settled.datacenterRings().isEmpty()) {
            settled = settled.placed();
        }
        return random.nextBoolean() ? settled : settled.next(transition(settled, random));
    }

    private static Transition transition(Topology of, Random random) {
        Transition transition = Transition.NONE.withPaused(random.nextBoolean());
        long last = of.members().getLast().id();
        if (of.members().size() > 1 && random.nextBoolean()) {
            transition = transition.withDeparture(of.members().getFirst().id(), random.nextBoolean() ? last : 0);
        }
        List<Transition.Move> moves = new ArrayList<>();
        for (int partition = 0; partition < of.partitions(); partition++) {
            if (random.nextInt(3) == 0 && moves.size() < Transition.MAX_MOVES) {
                moves.add(new Transition.Move(partition, of.members().get(random.nextInt(of.members().size())).id()));
            }
        }
        for (DatacenterRing ring : of.datacenterRings()) {
            List<Member> inIt = of.members().stream().filter(member -> member.datacenter().equals(ring.datacenter())).toList();
            for (int partition = 0; partition < of.partitions() && moves.size() < Transition.MAX_MOVES; partition++) {
                if (random.nextInt(3) == 0) {
                    long newOwner = inIt.isEmpty() || random.nextInt(4) == 0 ? 0 : inIt.get(random.nextInt(inIt.size())).id();
                    moves.add(new Transition.Move(partition, newOwner, ring.datacenter()));
                }
            }
        }
        return transition.withMoves(moves);
    }

    private static byte[] encode(Topology topology) {
        MessageWriter writer = new MessageWriter().begin(MessageType.DECIDED);
        TopologyCodec.write(writer, topology);
        return writer.toByteArray();
    }

    private static Topology decode(byte[] bytes, int size) {
        MessageReader reader = new MessageReader();
        reader.begin(bytes, 0, size);
        Topology topology = TopologyCodec.read(reader);
        reader.finish();
        return topology;
    }

    @Test
    void whatIsWrittenIsRead() {
        for (int seed = 0; seed < 200; seed++) {
            Topology topology = random(new Random(seed));
            byte[] bytes = encode(topology);
            assertThat(decode(bytes, bytes.length)).as("seed %d", seed).isEqualTo(topology);
        }
    }

    /** Nodes that know of no transitions read what is written of a cluster in which nothing is under way. */
    @Test
    void whatIsSettledIsWrittenAsItWasBeforeThereWereTransitions() {
        Topology settled = Topology.alone(1, "c", new Member(7, "h", 1, 1, 1, ""), 4, List.of(Keyspace.DEFAULT));
        assertThat(encode(settled)[1]).isEqualTo((byte) 1);
        assertThat(encode(settled.next(Transition.NONE.withPaused(true)))[1]).isEqualTo((byte) 2);
    }

    /** So that a cluster which does not use data centers is understood by nodes that know of none. */
    @Test
    void aNewVersionIsWrittenOnlyWhenADataCenterIsNamed() {
        Member nowhere = new Member(7, "h", 1, 1, 1, "");
        Keyspace spread = new Keyspace("s", Replication.parse("d:1"), ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
        assertThat(encode(Topology.alone(1, "c", nowhere.withDatacenter("d"), 4, List.of(Keyspace.DEFAULT)))[1]).isEqualTo((byte) 3);
        assertThat(encode(Topology.alone(1, "c", nowhere, 4, List.of(Keyspace.DEFAULT, spread)))[1]).isEqualTo((byte) 3);
        Topology named = Topology.alone(1, "c", nowhere.withDatacenter("d"), 4, List.of(Keyspace.DEFAULT));
        assertThat(encode(named.next(List.of(nowhere), named.owners(), named.keyspaces()))[1]).isEqualTo((byte) 1);
    }

    /** The example of docs/formats/topology.md. */
    @Test
    void theBytesAreThoseOfTheSpecification() {
        Keyspace all = new Keyspace("", Replication.parse("dc1:3,dc2:2"), ConsistencyLevel.QUORUM, ConsistencyLevel.ONE, false);
        Topology first = Topology.alone(1, "c", new Member(7, "h", 1, 2, 3, "r", "dc1"), 2, List.of(all));
        Topology topology = first.next(
                List.of(first.members().getFirst(), new Member(8, "h", 3, 4, 5, "", "dc2")), first.owners(), first.keyspaces());
        topology = topology.next(topology.transition().withMoves(List.of(new Transition.Move(1, 8, "dc2"))));
        byte[] bytes = encode(topology);
        assertThat(java.util.HexFormat.of().formatHex(bytes, 1, bytes.length)).isEqualTo(EXAMPLE.replaceAll("\\s", ""));
    }

    @Test
    void upTo128MembersAPartitionTakesOneByte() {
        Member member = new Member(7, "h", 1, 1, 1, "");
        int one = encode(Topology.alone(1, "c", member, 1, List.of(Keyspace.DEFAULT))).length;
        int thousand = encode(Topology.alone(1, "c", member, 1024, List.of(Keyspace.DEFAULT))).length;
        assertThat(thousand - one).isEqualTo(1023 + 1);
    }

    @Test
    void everyTruncationIsMalformed() {
        byte[] bytes = encode(random(new Random(3)));
        for (int size = 1; size < bytes.length; size++) {
            int cut = size;
            assertThatThrownBy(() -> decode(bytes, cut)).as("cut at %d", cut).isInstanceOf(MalformedMessageException.class);
        }
    }

    @Test
    void flippedBytesAreMalformedOrAnotherTopologyAndNothingElse() {
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = encode(random(random));
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[1 + random.nextInt(bytes.length - 1)] = (byte) random.nextInt(256);
            }
            try {
                Topology other = decode(bytes, bytes.length);
                byte[] again = encode(other);
                assertThat(decode(again, again.length)).as("seed %d", seed).isEqualTo(other);
            } catch (MalformedMessageException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
        }
    }
}
