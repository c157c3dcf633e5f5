package io.ringtail.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.transport.Calls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code COPIES} and its answer: the bytes worked out in {@code docs/formats/node-protocol.md}, and others that are no such message. */
class CopiesMessageTest {
    private static final Pattern HEX_LINE = Pattern.compile("(?m)^ {4}((?:[0-9a-f]{2} {1,3})*[0-9a-f]{2})(?: {3}.*)?$");
    private static final int HEADER = 9;

    private static byte[] question() {
        MessageWriter message = Calls.beginReply(new MessageWriter(), MessageType.COPIES, 7);
        return new CopiesMessage.Question(0x42, true).write(message).toByteArray();
    }

    private static byte[] answer() {
        MemberSet acceptors = new MemberSet();
        acceptors.add(2);
        acceptors.add(3);
        MessageWriter message = Calls.beginReply(new MessageWriter(), MessageType.COPIES_REPLY, 7);
        return new CopiesMessage.Answer(true, 2, false, acceptors).write(message).toByteArray();
    }

    private static MessageReader body(byte[] message) {
        return new MessageReader().wrap(message, HEADER, message.length - HEADER);
    }

    @Test
    void theExampleIsWhatTheCodeWrites() throws IOException {
        String text = Files.readString(Path.of("").toAbsolutePath().resolveSibling("docs/formats/node-protocol.md"));
        int begin = text.indexOf("### COPIES (14)");
        assertThat(begin).isNotNegative();
        StringBuilder hex = new StringBuilder();
        Matcher line = HEX_LINE.matcher(text.substring(begin, text.indexOf("### Gossip", begin)));
        while (line.find()) {
            hex.append(line.group(1).replace(" ", ""));
        }
        HexFormat format = HexFormat.of();
        assertThat(hex.toString()).isEqualTo(format.formatHex(question()) + format.formatHex(answer()));
    }

    @Test
    void bothAreReadAsTheyWereWritten() {
        assertThat(CopiesMessage.Question.read(body(question()))).isEqualTo(new CopiesMessage.Question(0x42, true));
        CopiesMessage.Answer answer = CopiesMessage.Answer.read(body(answer()));
        assertThat(answer.synced()).isTrue();
        assertThat(answer.copies()).isEqualTo(2);
        assertThat(answer.settled()).isFalse();
        assertThat(answer.acceptors().count()).isEqualTo(2);
        assertThat(answer.acceptors().id(1)).isEqualTo(3);
    }

    @Test
    void whatIsCutOrTooLongOrNoSuchMessageIsMalformed() {
        assertOnlyTheWholeIsRead(question(), CopiesMessage.Question::read);
        assertOnlyTheWholeIsRead(answer(), CopiesMessage.Answer::read);
        assertMalformed(with(question(), HEADER + 8, 2), CopiesMessage.Question::read);
        assertMalformed(with(answer(), HEADER, 2), CopiesMessage.Answer::read);
        assertMalformed(with(answer(), HEADER + 2, 0xFF), CopiesMessage.Answer::read);
        assertMalformed(with(answer(), HEADER + 3, 3), CopiesMessage.Answer::read);
        byte[] countless = Arrays.copyOf(answer(), HEADER + 3 + 5);
        Arrays.fill(countless, HEADER + 3, countless.length, (byte) 0xFF);
        assertMalformed(countless, CopiesMessage.Answer::read);
        assertMalformed(with(countless, countless.length - 1, 0x07), CopiesMessage.Answer::read);
    }

    private static byte[] with(byte[] message, int at, int value) {
        message[at] = (byte) value;
        return message;
    }

    private static void assertOnlyTheWholeIsRead(byte[] message, Function<MessageReader, ?> read) {
        for (int size = HEADER; size < message.length; size++) {
            assertMalformed(Arrays.copyOf(message, size), read);
        }
        assertMalformed(Arrays.copyOf(message, message.length + 1), read);
    }

    private static void assertMalformed(byte[] message, Function<MessageReader, ?> read) {
        assertThatThrownBy(() -> read.apply(body(message)))
                .as(HexFormat.of().formatHex(message))
                .isInstanceOf(MalformedMessageException.class);
    }
}
