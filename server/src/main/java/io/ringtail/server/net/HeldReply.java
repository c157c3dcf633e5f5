package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.protocol.ReplyScanner;
import io.ringtail.server.command.ShownReads;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one client's turn, on their way until the log is durable far enough, the replicas have accepted what the turn wrote, and they have confirmed
 * what it showed of this node's data. Confined to the event loop; owns the buffer until it is taken.
 */
final class HeldReply {
    /** Whose replies they are. */
    interface Owner {
        /** It may be that the replies can go now. */
        void heldChanged();

        /** They occupy more than when they were first held. */
        void heldGrew(int bytes);
    }

    private final Owner owner;
    private final ByteBuf out;
    private final int replyCount;
    private final @Nullable WriteGroup group;
    private final @Nullable ShownReads shown;
    private boolean awaitsDisk;
    private boolean repeats;
    private boolean dropped;
    /** Of replies that are to take the place of those made first. */
    private int repeatedBytes;

    private @Nullable String refusal;
    /** By index, the replies that take the place of those made first; null as long as there are none. */
    private byte @Nullable [][] replaced;

    /**
     * @param group writes that have to end first; null when there are none
     * @param shown reads that have to be confirmed first; null when there are none
     */
    HeldReply(Owner owner, ByteBuf out, int replyCount, @Nullable WriteGroup group, @Nullable ShownReads shown) {
        this.owner = owner;
        this.out = out;
        this.replyCount = replyCount;
        this.group = group;
        this.shown = shown;
        if (group != null && !group.isDone()) {
            group.whenDone(owner::heldChanged);
        }
        if (shown != null && !shown.group().isDone()) {
            shown.group().whenDone(owner::heldChanged);
        }
    }

    /** What it occupies. */
    int bytes() {
        return out.readableBytes() + (shown == null ? 0 : shown.bytes()) + repeatedBytes;
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

    /** Whether its owner has something to do with it: to send it, or to repeat its reads. */
    boolean isDue() {
        return isReady() || (shown != null && shown.group().isDone());
    }

    boolean isReady() {
        return !awaitsDisk && (refusal != null || (isWritten() && (shown == null || shown.group().isSettled())));
    }

    private boolean isWritten() {
        return group == null || group.isDone();
    }

    /** The reads that have to be run again now, nothing else being waited for; null when there are none. Once. */
    @Nullable ShownReads toRepeat() {
        ShownReads reads = shown;
        if (reads == null || repeats || awaitsDisk || refusal != null || !isWritten() || !reads.group().isDone() || reads.group().isSettled()) {
            return null;
        }
        repeats = true;
        return reads;
    }

    /** Some of the replies to the reads that are run again have been made, of so many bytes. */
    void repeating(int bytes) {
        if (!dropped) {
            repeatedBytes += bytes;
            owner.heldGrew(bytes);
        }
    }

    /** Whether nobody is there any more to be sent them. */
    boolean isDropped() {
        return dropped;
    }

    /** Replies, one after the other, in the place of those of these indexes. */
    void repeated(int[] replyIndexes, byte[] replies) {
        byte @Nullable [][] byIndex = new byte[replyCount][];
        int at = 0;
        for (int index : replyIndexes) {
            int end = ReplyScanner.end(replies, at);
            byIndex[index] = Arrays.copyOfRange(replies, at, end);
            at = end;
        }
        replaced = byIndex;
        if (shown != null) {
            shown.group().repeated();
        }
        owner.heldChanged();
    }

    /** What the reads are kept in; null when there are none. */
    @Nullable ShownReads shown() {
        return shown;
    }

    void drop() {
        dropped = true;
        out.release();
    }

    /** What is to be sent, which is the caller's now: the replies as they were made, but errors where writes have failed. */
    ByteBuf take(ByteBufAllocator allocator) {
        if (shown != null) {
            // Whatever else is heard of them.
            shown.group().repeated();
        }
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
        List<WriteGroup.Failure> failures = group == null ? List.of() : group.failures();
        byte @Nullable [][] others = replaced;
        if (others == null) {
            if (failures.isEmpty()) {
                return out;
            }
            others = new byte[replyCount][];
        }
        for (WriteGroup.Failure failure : failures) {
            if (failure.replyIndex() >= 0 && failure.replyIndex() < replyCount) {
                others[failure.replyIndex()] = line(failure.error());
            }
        }
        byte[] replies = new byte[out.readableBytes()];
        out.readBytes(replies);
        out.release();
        return replace(replies, others, allocator);
    }

    private static ByteBuf replace(byte[] replies, byte[][] others, ByteBufAllocator allocator) {
        ByteBuf made = allocator.buffer(replies.length + 128);
        int at = 0;
        for (int index = 0; at < replies.length; index++) {
            int end = ReplyScanner.end(replies, at);
            byte[] other = index < others.length ? others[index] : null;
            if (other == null) {
                made.writeBytes(replies, at, end - at);
            } else {
                made.writeBytes(other);
            }
            at = end;
        }
        return made;
    }

    private static byte[] line(String error) {
        return ("-" + error.replace('\r', ' ').replace('\n', ' ') + "\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
