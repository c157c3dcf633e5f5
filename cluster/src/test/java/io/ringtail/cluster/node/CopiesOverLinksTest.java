package io.ringtail.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.coordinator.Forwarding;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an event loop does with {@code COPIES} and answers to it that cannot be read: the link they came on ends, whoever asked over it is told, and others go on. */
class CopiesOverLinksTest {
    private static final int HEADER = 9;

    private final CarryingNode node = new CarryingNode();
    private final List<byte[]> answers = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final ReplyPath path = new ReplyPath() {
        @Override
        public long memberId() {
            return 2;
        }

        @Override
        public void send(byte[] message, int offset, int size) {
            answers.add(Arrays.copyOfRange(message, offset, offset + size));
        }
    };
    private final DataLoop data = node.data;

    @AfterEach
    void close() {
        node.close();
    }

    private static byte[] question() {
        return new CopiesMessage.Question(7, false)
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES, 42))
                .toByteArray();
    }

    private byte[] answer(int question) {
        MemberSet acceptors = new MemberSet();
        acceptors.add(3);
        byte[] message = new CopiesMessage.Answer(true, 2, false, acceptors)
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES_REPLY, 0))
                .toByteArray();
        // With the id of what was asked.
        System.arraycopy(node.sent.get(question).message(), 1, message, 1, 8);
        return message;
    }

    /** Every message that a changed byte, a cut or one byte more makes of one, behind its header. */
    private static List<byte[]> damaged(byte[] whole, int... wrongAt) {
        List<byte[]> damaged = new ArrayList<>();
        for (int size = HEADER; size < whole.length; size++) {
            damaged.add(Arrays.copyOf(whole, size));
        }
        damaged.add(Arrays.copyOf(whole, whole.length + 1));
        for (int at : wrongAt) {
            byte[] wrong = whole.clone();
            wrong[at] = (byte) 0xFF;
            damaged.add(wrong);
        }
        return damaged;
    }

    @Test
    void aQuestionThatCannotBeReadIsAnsweredByNobodyAndTheNextOneIs() {
        List<byte[]> wrong = damaged(question(), question().length - 1);
        wrong.add(answerAsARequest());
        for (byte[] message : wrong) {
            assertThatThrownBy(() -> data.request(path, message, 0, message.length))
                    .as(HexFormat.of().formatHex(message))
                    .isInstanceOf(MalformedMessageException.class);
        }
        node.loop.pass(1000);
        assertThat(answers).isEmpty();
        data.request(path, question(), 0, question().length);
        node.loop.pass(1);
        assertThat(answers).hasSize(1);
        assertThat(Arrays.copyOfRange(answers.getFirst(), HEADER, answers.getFirst().length))
                .as("of that client it knows nothing")
                .containsExactly(0, 0, 0, 0);
    }

    private static byte[] answerAsARequest() {
        return new CopiesMessage.Answer(true, 2, false, new MemberSet())
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES_REPLY, 42))
                .toByteArray();
    }

    private void ask(long memberId) {
        data.ask(memberId, 7, false, new Forwarding.CopiesListener() {
            @Override
            public void told(boolean synced, int copies, boolean settled, MemberSet acceptors) {
                told.add(memberId + ": " + copies + " copies");
            }

            @Override
            public void failed() {
                told.add(memberId + " failed");
            }
        });
    }

    @Test
    void anAnswerThatCannotBeReadFailsWhatItAnswersAndNothingElse() {
        ask(2);
        ask(3);
        List<byte[]> wrong = damaged(answer(0), HEADER, HEADER + 2, HEADER + 3);
        node.sent.clear();
        told.clear();
        assertThat(data.pendingCalls()).isEqualTo(2);
        node.loop.pass(60_000);
        assertThat(data.pendingCalls()).as("nobody has answered").isZero();
        for (byte[] message : wrong) {
            told.clear();
            node.sent.clear();
            ask(2);
            ask(3);
            System.arraycopy(node.sent.getFirst().message(), 1, message, 1, 8);
            assertThatThrownBy(() -> data.reply(2, message, 0, message.length))
                    .as(HexFormat.of().formatHex(message))
                    .isInstanceOf(MalformedMessageException.class);
            data.linkDown(2);
            node.loop.pass(1);
            assertThat(told).containsExactly("2 failed");
            byte[] good = answer(1);
            data.reply(3, good, 0, good.length);
            assertThat(told).containsExactly("2 failed", "3: 2 copies");
            assertThat(data.pendingCalls()).isZero();
        }
    }
}
