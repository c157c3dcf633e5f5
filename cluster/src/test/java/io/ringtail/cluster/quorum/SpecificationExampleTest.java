package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The messages worked out in {@code docs/formats/node-protocol.md} are what the code writes, and what a replica answers to them. */
class SpecificationExampleTest {
    private static final Pattern HEX_LINE = Pattern.compile("(?m)^ {4}((?:[0-9a-f]{2} {1,3})*[0-9a-f]{2})(?: {3}.*)?$");
    private static final String SECTION_BEGIN = "### Messages, for example";
    private static final String SECTION_END = "\n## ";
    private static final long CALL_ID = 7;
    private static final long EPOCH = 1;

    private final List<byte[]> messages = new ArrayList<>();

    @Test
    void theExampleIsWhatTheCodeWrites() throws IOException {
        try (QuorumWorld world = new QuorumWorld(3)) {
            QuorumWorld.Node replica = world.node(2);
            replica.put(QuorumWorld.key("old"), QuorumWorld.hlc(9), "new");

            byte[] value = "bar".getBytes(StandardCharsets.US_ASCII);
            Outbox outbox = new Outbox(replica.id);
            outbox.addWrite(new WriteOperation(), 0)
                    .writeByte(0)
                    .writeKey(QuorumWorld.key("foo"))
                    .writeRecord(new Record().setValue(QuorumWorld.hlc(5), 0x11, 0, value, 0, value.length));
            outbox.addWrite(new WriteOperation(), 0)
                    .writeByte(Replica.ENTRY_STANDS_IN)
                    .writeLong(3)
                    .writeKey(QuorumWorld.key("old"))
                    .writeRecord(new Record().setTombstone(QuorumWorld.hlc(6), 0x11));
            exchange(world, replica, MessageType.WRITE, outbox.finishWrites(EPOCH, QuorumWorld.hlc(6)));

            MessageWriter read = Calls.begin(new MessageWriter(), MessageType.READ)
                    .writeLong(EPOCH)
                    .writeLong(QuorumWorld.hlc(6))
                    .writeInt(2);
            read.writeByte(0).writeKey(QuorumWorld.key("foo"));
            read.writeByte(Replica.ENTRY_DIGEST).writeKey(QuorumWorld.key("old"));
            exchange(world, replica, MessageType.READ, read);

            confirmation(outbox, "foo", new Record().setValue(QuorumWorld.hlc(5), 0x11, 0, value, 0, value.length));
            confirmation(outbox, "old", new Record().setTombstone(QuorumWorld.hlc(6), 0x11));
            exchange(world, replica, MessageType.CONFIRM, outbox.finishConfirmations(EPOCH, QuorumWorld.hlc(6)));

            assertThat(replica.hints).as("a write that is refused is kept for nobody").isEmpty();
        }
        StringBuilder written = new StringBuilder();
        for (byte[] message : messages) {
            written.append(HexFormat.of().formatHex(message));
        }
        assertThat(specified()).isEqualTo(written.toString());
    }

    private static void confirmation(Outbox outbox, String name, Record held) {
        new Digest().set(held).write(outbox.addConfirmation(new ReadGroup(), 0).writeKey(QuorumWorld.key(name)));
    }

    /** Has the replica serve a request; keeps that and the answer. */
    private void exchange(QuorumWorld world, QuorumWorld.Node replica, MessageType type, MessageWriter request) {
        request.setLong(1, CALL_ID);
        messages.add(request.toByteArray());
        MessageReader body = new MessageReader();
        assertThat(body.begin(request.bytes(), 0, request.size())).isEqualTo(type);
        int before = messages.size();
        assertThat(replica.replica.request(new Answers(), type, body)).isTrue();
        world.pass(1);
        assertThat(messages).hasSize(before + 1);
    }

    private final class Answers implements ReplyPath {
        @Override
        public long memberId() {
            return 1;
        }

        @Override
        public void send(byte[] bytes, int offset, int size) {
            messages.add(Arrays.copyOfRange(bytes, offset, offset + size));
        }
    }

    private static String specified() throws IOException {
        String text = Files.readString(Path.of("").toAbsolutePath().resolveSibling("docs/formats/node-protocol.md"));
        int begin = text.indexOf(SECTION_BEGIN);
        assertThat(begin).as(SECTION_BEGIN).isNotNegative();
        StringBuilder hex = new StringBuilder();
        Matcher line = HEX_LINE.matcher(text.substring(begin, text.indexOf(SECTION_END, begin)));
        while (line.find()) {
            hex.append(line.group(1).replace(" ", ""));
        }
        return hex.toString();
    }
}
