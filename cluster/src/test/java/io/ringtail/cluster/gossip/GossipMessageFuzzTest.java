package io.ringtail.cluster.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.gossip.GossipMessage.Digests;
import io.ringtail.cluster.gossip.GossipMessage.Form;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What comes of bytes that a peer has sent: the message, or {@link MalformedMessageException}, and nothing else. */
class GossipMessageFuzzTest {
    private static final int ID_SIZE = 8;

    private static GossipMessage random(Random random) {
        Form form = Form.values()[random.nextInt(Form.values().length)];
        int count = random.nextInt(20);
        Digests digests = new Digests(form, count);
        long key = 0;
        for (int i = 0; i < count; i++) {
            key = form == Form.DENSE ? i : key + 1 + random.nextInt(3);
            digests.add(key, random.nextLong(1L << 40));
        }
        List<MemberState> states = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            Set<Long> suspects = new HashSet<>();
            for (int k = random.nextInt(4); k > 0; k--) {
                suspects.add(random.nextLong(1, 1L << 48));
            }
            SelfReport report = new SelfReport(
                    random.nextLong(Long.MAX_VALUE),
                    random.nextInt(300),
                    random.nextLong(1L << 50),
                    0,
                    3,
                    random.nextBoolean(),
                    new NodeLoad(2, random.nextInt(1001), 3, random.nextLong(Long.MAX_VALUE), 5, 6, 7));
            states.add(new MemberState(
                    random.nextLong(1, 1L << 48),
                    random.nextLong(MemberState.MAX_COUNT),
                    random.nextLong(MemberState.MAX_COUNT),
                    random.nextLong(Long.MAX_VALUE),
                    report,
                    suspects));
        }
        List<Long> wanted = random.longs(random.nextInt(5)).boxed().toList();
        return new GossipMessage(
                random.nextLong(1L << 52), random.nextInt(99), random.nextLong(), digests, states, wanted);
    }

    private static byte[] encoded(GossipMessage message) {
        MessageWriter writer = new MessageWriter().begin(MessageType.GOSSIP_REPLY);
        message.write(writer, ProtocolVersion.NEWEST);
        return Arrays.copyOfRange(writer.bytes(), 1, writer.size());
    }

    private static GossipMessage decoded(byte[] bytes) {
        return GossipMessage.read(new MessageReader().wrap(bytes, 0, bytes.length), ProtocolVersion.NEWEST);
    }

    @Test
    void aMessageComesBackAsItWas() {
        for (int seed = 0; seed < 500; seed++) {
            GossipMessage message = random(new Random(seed));
            byte[] bytes = encoded(message);
            GossipMessage back = decoded(bytes);
            assertThat(back.states()).as("seed %d", seed).isEqualTo(message.states());
            assertThat(back.wanted()).as("seed %d", seed).isEqualTo(message.wanted());
            assertThat(back.digests().count()).as("seed %d", seed).isEqualTo(message.digests().count());
            for (int i = 0; i < back.digests().count(); i++) {
                assertThat(back.digests().key(i)).as("seed %d", seed).isEqualTo(message.digests().key(i));
                assertThat(back.digests().value(i)).as("seed %d", seed).isEqualTo(message.digests().value(i));
            }
            assertThat(encoded(back)).as("seed %d", seed).isEqualTo(bytes);
        }
    }

    @Test
    void aStateTakesNoMoreThanItsLimit() {
        MemberState largest = new MemberState(
                (1L << 48) - 1,
                MemberState.MAX_COUNT - 1,
                MemberState.MAX_COUNT - 1,
                Long.MAX_VALUE,
                new SelfReport(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, true,
                        new NodeLoad(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE)),
                Set.of(1L, 2L, 3L));
        MessageWriter writer = new MessageWriter().begin(MessageType.GOSSIP);
        largest.write(writer, ProtocolVersion.NEWEST);
        assertThat(writer.size() - 1).isLessThanOrEqualTo(largest.sizeLimit());
    }

    @Test
    void aMessageCutAnywhereIsRefused() {
        for (int seed = 0; seed < 50; seed++) {
            byte[] bytes = encoded(random(new Random(seed)));
            for (int size = 0; size < bytes.length; size++) {
                byte[] cut = Arrays.copyOf(bytes, size);
                assertThatThrownBy(() -> decoded(cut)).isInstanceOf(MalformedMessageException.class);
            }
        }
    }

    @Test
    void aGossiperSurvivesDamagedMessages() {
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            GossipWorld world = seed % 100 == 0 ? new GossipWorld(seed) : SHARED;
            GossipWorld.Node node = world.nodes.get(1L);
            if (node == null) {
                node = world.start(1, 1, 1, 2, 3, 5, 8);
            }
            byte[] body = random.nextInt(4) == 0 ? randomBytes(random) : damaged(encoded(random(random)), random);
            byte[] message = new byte[1 + ID_SIZE + 1 + body.length];
            message[0] = (byte) MessageType.GOSSIP.code();
            message[1 + ID_SIZE] = (byte) random.nextInt(3);
            System.arraycopy(body, 0, message, 1 + ID_SIZE + 1, body.length);
            try {
                node.receive(2, message);
            } catch (MalformedMessageException e) {
                continue;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
            assertThat(node.gossiper.states()).as("seed %d", seed).hasSizeLessThanOrEqualTo(5);
        }
    }

    private static final GossipWorld SHARED = new GossipWorld(1);

    private static byte[] randomBytes(Random random) {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        for (int i = random.nextInt(3); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}
