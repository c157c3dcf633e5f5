package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.replica.Relay;
import io.ringtail.cluster.transport.Calls;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one turn of a loop has for one member that it is to pass on to other replicas of its data center too: a {@code RELAY} with all its records. Confined to the loop.
 */
final class RelayOutbox {
    /** An entry may be for as many other replicas that the message has not been for yet. */
    private static final int OTHERS_KEPT = Relay.MAX_OTHERS - Byte.MAX_VALUE;

    /** A replica that the relay passes entries on to: which, by their index in the message. */
    static final class Other {
        final long memberId;
        final WriteEntries entries = new WriteEntries();
        int[] indexes = new int[64];

        Other(long memberId) {
            this.memberId = memberId;
        }

        private void add(WriteOperation operation, int target, int index) {
            if (entries.count == indexes.length) {
                indexes = Arrays.copyOf(indexes, 2 * indexes.length);
            }
            indexes[entries.count] = index;
            entries.add(operation, target);
        }
    }

    final long relayId;
    /** The relay's own part. */
    final WriteEntries own = new WriteEntries();
    /** The epoch whose ring the writes were planned on. */
    long epoch;

    private final List<Other> others = new ArrayList<>();
    private final MessageWriter entries = new MessageWriter();
    private final MessageWriter message = new MessageWriter();

    RelayOutbox(long relayId) {
        this.relayId = relayId;
    }

    /** Makes room for an entry, which the caller then writes: flags, key and record. The replicas that it is passed on to are added afterwards. */
    MessageWriter add(WriteOperation operation, int target) {
        if (own.count == 0) {
            entries.beginBare();
        }
        own.add(operation, target);
        return entries;
    }

    /** Has the entry that was added last passed on to another target of its operation. */
    void passOn(WriteOperation operation, int target) {
        long memberId = operation.targets[target];
        Other to = null;
        for (int i = 0; i < others.size() && to == null; i++) {
            to = others.get(i).memberId == memberId ? others.get(i) : null;
        }
        if (to == null) {
            to = new Other(memberId);
            others.add(to);
        }
        to.add(operation, target, own.count - 1);
    }

    boolean isEmpty() {
        return own.count == 0;
    }

    boolean isFull() {
        return own.count >= Outbox.MESSAGE_ENTRIES || entries.size() >= Outbox.MESSAGE_BYTES || others.size() > OTHERS_KEPT;
    }

    /** Those it may be passed on to; those without entries are not part of the message. */
    List<Other> others() {
        return others;
    }

    /**
     * Finishes the message; its own id is still to be given.
     *
     * @param answerIds of the others' answers, by their place in {@link #others}
     */
    MessageWriter finish(long hlc, long[] answerIds) {
        int concerned = 0;
        for (int i = 0; i < others.size(); i++) {
            concerned += others.get(i).entries.count > 0 ? 1 : 0;
        }
        Calls.begin(message, MessageType.RELAY).writeLong(epoch).writeLong(hlc).writeVarint(concerned);
        for (int i = 0; i < others.size(); i++) {
            Other other = others.get(i);
            int count = other.entries.count;
            if (count == 0) {
                continue;
            }
            boolean all = count == own.count;
            message.writeLong(other.memberId).writeLong(answerIds[i]).writeVarint(all ? 0 : count);
            for (int j = 0; j < count && !all; j++) {
                message.writeVarint(other.indexes[j]);
            }
        }
        return message.writeInt(own.count).writeRaw(entries.bytes(), 0, entries.size());
    }

    /** Begins anew. */
    void clear() {
        own.count = 0;
        if (others.size() > OTHERS_KEPT) {
            // Among them may be many who are no members any more.
            others.clear();
        }
        for (int i = 0; i < others.size(); i++) {
            others.get(i).entries.count = 0;
        }
    }
}
