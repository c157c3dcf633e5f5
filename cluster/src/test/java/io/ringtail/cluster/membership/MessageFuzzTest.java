package io.ringtail.cluster.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.membership.SimulatedNodes.Node;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.ReplyPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever bytes come, a node answers or calls them malformed; a cut message is malformed, and changes nothing. */
class MessageFuzzTest {
    private final SimulatedNodes world = new SimulatedNodes(1);
    private final List<byte[]> replies = new ArrayList<>();
    private final ReplyPath path = new ReplyPath() {
        @Override
        public long memberId() {
            return 4242;
        }

        @Override
        public void send(byte[] message, int offset, int size) {
            replies.add(java.util.Arrays.copyOfRange(message, offset, offset + size));
        }
    };

    private static List<byte[]> messages(Topology topology) {
        MessageWriter writer = new MessageWriter();
        List<byte[]> messages = new ArrayList<>();
        writer.begin(MessageType.PREPARE).writeLong(1).writeLong(topology.clusterId()).writeLong(1).writeLong(1).writeLong(5);
        messages.add(writer.writeBoolean(true).toByteArray());
        writer.begin(MessageType.ACCEPT).writeLong(1).writeLong(topology.clusterId()).writeLong(1).writeLong(1).writeLong(5);
        io.ringtail.cluster.topology.TopologyCodec.write(writer, topology);
        messages.add(writer.toByteArray());
        writer.begin(MessageType.DECIDED).writeLong(1).writeLong(topology.clusterId()).writeLong(1).writeBoolean(true);
        io.ringtail.cluster.topology.TopologyCodec.write(writer, topology);
        messages.add(writer.toByteArray());
        writer.begin(MessageType.JOIN).writeLong(1);
        new JoinMessage(1, 0, "c", true, new Member(4242, "host", 1, 2, 3, "rack")).write(writer);
        messages.add(writer.toByteArray());
        return messages;
    }

    private void handle(Node node, byte[] message, int size) {
        MessageReader reader = new MessageReader();
        MessageType type = reader.begin(message, 0, size);
        node.up().request(path, type, reader);
    }

    @Test
    void cutMessagesAreMalformed() {
        Node node = world.node(1).start();
        Topology topology = node.up().ring().topology();
        for (byte[] message : messages(topology)) {
            for (int size = 1; size < message.length; size++) {
                int cut = size;
                assertThatThrownBy(() -> handle(node, message, cut)).isInstanceOf(MalformedMessageException.class);
            }
        }
        assertThat(replies).isEmpty();
        assertThat(node.up().isFrozen()).isFalse();
    }

    @Test
    void garbledMessagesAreAnsweredOrMalformed() {
        for (int seed = 0; seed < 4_000; seed++) {
            Random random = new Random(seed);
            if (seed % 500 == 0) {
                world.nodes.clear();
                world.node(1).start();
            }
            Node node = world.node(1);
            List<byte[]> messages = messages(node.up().ring().topology());
            byte[] message = messages.get(random.nextInt(messages.size()));
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                message[9 + random.nextInt(message.length - 9)] = (byte) random.nextInt(256);
            }
            try {
                handle(node, message, message.length);
                world.runMillis(10);
            } catch (MalformedMessageException expected) {
                assertThat(expected.getMessage()).as("seed %d", seed).isNotEmpty();
            }
        }
    }
}
