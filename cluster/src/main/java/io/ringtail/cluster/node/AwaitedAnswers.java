package io.ringtail.cluster.node;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import java.util.function.Consumer;

/**
 * Waits for the answers to all messages that bring one lot of records and clearings to others, which go over an event loop's links, and tells the control loop, once, whether
 * all were good. Confined to the event loop.
 */
final class AwaitedAnswers implements Calls.Callback {
    /** Looks closer at an answer that says that the request was carried out. */
    interface Verdict {
        boolean isGood(MessageType type, MessageReader body);
    }

    private final Calls calls;
    private final Loop control;
    private final long timeoutMillis;
    private final Verdict verdict;
    private final Consumer<Boolean> told;
    /** One more than there are until all have been sent, so that an answer that comes at once is not taken for the last. */
    private int unanswered = 1;

    private boolean failed;

    /** @param told on the {@code control} loop */
    AwaitedAnswers(Calls calls, Loop control, long timeoutMillis, Verdict verdict, Consumer<Boolean> told) {
        this.calls = calls;
        this.control = control;
        this.timeoutMillis = timeoutMillis;
        this.verdict = verdict;
        this.told = told;
    }

    void send(long memberId, MessageWriter message) {
        unanswered++;
        if (!calls.send(memberId, message, timeoutMillis, this)) {
            answered(false);
        }
    }

    /** Something that is no message is awaited as well; it ends with {@link #answered}. */
    void awaitOneMore() {
        unanswered++;
    }

    /** Nothing more is sent. */
    void allSent() {
        answered(true);
    }

    @Override
    public void replied(long memberId, MessageType type, MessageReader body) {
        answered(ReplyStatus.of(body.readByte()) == ReplyStatus.DONE && verdict.isGood(type, body));
    }

    @Override
    public void failed(long memberId, boolean timedOut) {
        answered(false);
    }

    void answered(boolean successful) {
        failed |= !successful;
        if (--unanswered == 0) {
            boolean done = !failed;
            control.execute(() -> told.accept(done));
        }
    }
}
