package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.transport.Calls;
import java.util.Arrays;

/**
 * What one turn of a loop has for one member: a {@code WRITE} with all its records, a {@code READ} with all its keys and a {@code CONFIRM} with all
 * its versions, sent as one message each when the
 * turn ends or when they have grown large. Confined to the loop.
 */
final class Outbox {
    /** Bytes at which a message is sent before the turn ends. */
    static final int MESSAGE_BYTES = 1 << 20;

    /** Entries at which it is. */
    static final int MESSAGE_ENTRIES = 8192;

    private static final int COUNT_OFFSET = 1 + 8 + 8 + 8;

    final long memberId;
    private final MessageWriter writes = new MessageWriter();
    private final WriteEntries writeEntries = new WriteEntries();
    final MessageWriter reads = new MessageWriter();
    /** The epoch whose ring the writes were planned on; likewise the others. A message tells one. */
    long writesEpoch;
    ReadOperation[] readOperations = new ReadOperation[64];
    byte[] readTargets = new byte[64];
    /** The attempts that the entries belong to: until the message goes, an operation may have ended and become another. */
    int[] readAttempts = new int[64];
    int readCount;
    long readsEpoch;
    final MessageWriter confirmations = new MessageWriter();
    private final AwaitingReads confirmationReads = new AwaitingReads();
    long confirmationsEpoch;
    /** Whether the loop has it in its list of what to send. */
    boolean listed;

    Outbox(long memberId) {
        this.memberId = memberId;
    }

    private static void begin(MessageWriter message, MessageType type) {
        Calls.begin(message, type).writeLong(0).writeLong(0).writeInt(0);
    }

    private static void finish(MessageWriter message, long epoch, long hlc, int count) {
        message.setLong(9, epoch);
        message.setLong(17, hlc);
        message.setInt(COUNT_OFFSET, count);
    }

    /** Makes room for a write's entry, which the caller then writes. */
    MessageWriter addWrite(WriteOperation operation, int target) {
        if (writeEntries.count == 0) {
            begin(writes, MessageType.WRITE);
        }
        writeEntries.add(operation, target);
        return writes;
    }

    MessageWriter addRead(ReadOperation operation, int target) {
        if (readCount == 0) {
            begin(reads, MessageType.READ);
        }
        if (readCount == readOperations.length) {
            readOperations = Arrays.copyOf(readOperations, 2 * readCount);
            readTargets = Arrays.copyOf(readTargets, 2 * readCount);
            readAttempts = Arrays.copyOf(readAttempts, 2 * readCount);
        }
        readOperations[readCount] = operation;
        readAttempts[readCount] = operation.attempt;
        readTargets[readCount++] = (byte) target;
        return reads;
    }

    /** Makes room for a version to be confirmed, which the caller then writes. */
    MessageWriter addConfirmation(ReadGroup group, int read) {
        if (confirmationReads.count() == 0) {
            begin(confirmations, MessageType.CONFIRM);
        }
        confirmationReads.add(group, read);
        return confirmations;
    }

    /** The reads of the versions to be confirmed. */
    AwaitingReads confirmationReads() {
        return confirmationReads;
    }

    WriteEntries writes() {
        return writeEntries;
    }

    boolean writesAreMany() {
        return writeEntries.count >= MESSAGE_ENTRIES || writes.size() >= MESSAGE_BYTES;
    }

    boolean readsAreMany() {
        return readCount >= MESSAGE_ENTRIES || reads.size() >= MESSAGE_BYTES;
    }

    boolean confirmationsAreMany() {
        return confirmationReads.count() >= MESSAGE_ENTRIES || confirmations.size() >= MESSAGE_BYTES;
    }

    /** Finishes the message with its header. */
    MessageWriter finishWrites(long epoch, long hlc) {
        finish(writes, epoch, hlc, writeEntries.count);
        return writes;
    }

    MessageWriter finishReads(long epoch, long hlc) {
        finish(reads, epoch, hlc, readCount);
        return reads;
    }

    MessageWriter finishConfirmations(long epoch, long hlc) {
        finish(confirmations, epoch, hlc, confirmationReads.count());
        return confirmations;
    }
}
