package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.protocol.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one client's turn, on their way until the log is durable far enough and the replicas have accepted what the turn wrote. Confined to the event
 * loop; owns the buffer until it is taken.
 */
final class HeldReply {
    /** Whose replies they are. */
    interface Owner {
        /** It may be that the replies can go now. */
        void heldChanged();
    }

    private final Owner owner;
    private final ByteBuf out;
    private final int replyCount;
    private final @Nullable WriteGroup group;
    private boolean awaitsDisk;
    private @Nullable String refusal;

    /** @param group writes that have to end first; null when there are none */
    HeldReply(Owner owner, ByteBuf out, int replyCount, @Nullable WriteGroup group) {
        this.owner = owner;
        this.out = out;
        this.replyCount = replyCount;
        this.group = group;
        if (group != null && !group.isDone()) {
            group.whenDone(owner::heldChanged);
        }
    }

    int bytes() {
        return out.readableBytes();
    }

    /** The log has to be durable first; {@link #durable} or {@link #refuse} will be called. */
    void awaitDisk() {
        awaitsDisk = true;
    }

    void durable() {
        awaitsDisk = false;
        owner.heldChanged();
    }

    /** The log will not become durable: each reply is replaced by an error. */
    void refuse(String error) {
        awaitsDisk = false;
        refusal = error;
        owner.heldChanged();
    }

    boolean isReady() {
        return !awaitsDisk && (refusal != null || group == null || group.isDone());
    }

    void drop() {
        out.release();
    }

    /** What is to be sent, which is the caller's now: the replies as they were made, but errors where writes have failed. */
    ByteBuf take(ByteBufAllocator allocator) {
        String error = refusal;
        if (error != null) {
            ByteBuf errors = allocator.buffer();
            byte[] line = line(error);
            for (int i = 0; i < replyCount; i++) {
                errors.writeBytes(line);
            }
            out.release();
            return errors;
        }
        if (group == null || group.failures().isEmpty()) {
            return out;
        }
        byte[] replies = new byte[out.readableBytes()];
        out.readBytes(replies);
        out.release();
        return replace(replies, group.failures(), allocator);
    }

    private static ByteBuf replace(byte[] replies, List<WriteGroup.Failure> failures, ByteBufAllocator allocator) {
        ByteBuf replaced = allocator.buffer(replies.length + 128);
        int at = 0;
        for (int index = 0; at < replies.length; index++) {
            int end = ReplyScanner.end(replies, at);
            String error = null;
            for (WriteGroup.Failure failure : failures) {
                if (failure.replyIndex() == index) {
                    error = failure.error();
                }
            }
            if (error == null) {
                replaced.writeBytes(replies, at, end - at);
            } else {
                replaced.writeBytes(line(error));
            }
            at = end;
        }
        return replaced;
    }

    private static byte[] line(String error) {
        return ("-" + error.replace('\r', ' ').replace('\n', ' ') + "\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
