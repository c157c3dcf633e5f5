package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a connection's replies that wait occupy, and in which order they go. */
class HeldRepliesTest implements HeldReply.Owner {
    private final HeldReplies replies = new HeldReplies();
    private int changes;

    @Override
    public void heldChanged() {
        changes++;
    }

    @Override
    public void heldGrew(int bytes) {
        replies.grew(bytes);
    }

    private HeldReply hold(String text) {
        HeldReply held = new HeldReply(this, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), 2, null, null);
        held.awaitDisk();
        replies.add(held);
        return held;
    }

    private String takeReady() {
        HeldReply ready = replies.takeReady();
        if (ready == null) {
            return "";
        }
        ByteBuf out = ready.take(UnpooledByteBufAllocator.DEFAULT);
        String text = out.toString(StandardCharsets.US_ASCII);
        out.release();
        return text;
    }

    @Test
    void theyGoInOrderAndAreCountedUntilThen() {
        HeldReply first = hold("+A\r\n+B\r\n");
        HeldReply second = hold("+C\r\n+D\r\n");
        assertThat(replies.bytes()).isEqualTo(16);
        second.durable();
        assertThat(takeReady()).as("the second waits for the first").isEmpty();
        first.durable();
        assertThat(changes).isEqualTo(2);
        assertThat(takeReady()).isEqualTo("+A\r\n+B\r\n");
        assertThat(replies.bytes()).isEqualTo(8);
        assertThat(takeReady()).isEqualTo("+C\r\n+D\r\n");
        assertThat(replies.bytes()).isZero();
        assertThat(replies.isEmpty()).isTrue();
    }

    @Test
    void repliesThatAreMadeAnewAreCountedBesideTheFirstOnes() {
        HeldReply held = hold("+A\r\n+B\r\n");
        byte[] other = "$5\r\nother\r\n".getBytes(StandardCharsets.US_ASCII);
        held.repeating(other.length);
        assertThat(replies.bytes()).isEqualTo(8 + other.length);
        held.repeated(new int[] {1}, other);
        assertThat(replies.bytes()).isEqualTo(8 + other.length);
        held.durable();
        assertThat(takeReady()).isEqualTo("+A\r\n$5\r\nother\r\n");
        assertThat(replies.bytes()).isZero();
    }

    @Test
    void whatIsDroppedIsNotCountedAnyMoreHoweverItGoesOn() {
        HeldReply held = hold("+A\r\n+B\r\n");
        replies.drop();
        assertThat(held.isDropped()).isTrue();
        held.repeating(1000);
        assertThat(replies.bytes()).isZero();
        assertThat(replies.isEmpty()).isTrue();
    }

    @Test
    void manyAreMoreThanAConnectionIsReadFor() {
        for (int i = 0; i < 128; i++) {
            HeldReply ignored = hold("+A\r\n");
        }
        assertThat(replies.areMany()).isFalse();
        HeldReply ignored = hold("+A\r\n");
        assertThat(replies.areMany()).isTrue();
        replies.drop();
    }
}
