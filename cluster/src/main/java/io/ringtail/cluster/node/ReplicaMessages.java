package io.ringtail.cluster.node;

import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;

/**
 * The bytes of what brings others records and clearings that are here already, hints as well as what is handed over: the {@code WRITE} and {@code CLEAR} that a
 * coordinator sends. {@code docs/formats/node-protocol.md} has them.
 */
final class ReplicaMessages {
    private ReplicaMessages() {}

    /**
     * Begins a {@code WRITE}.
     *
     * @param count how many records {@link #addRecord} will add
     */
    static MessageWriter beginWrite(MessageWriter message, long epoch, long nowHlc, int count) {
        return Calls.begin(message, MessageType.WRITE).writeLong(epoch).writeLong(nowHlc).writeInt(count);
    }

    static void addRecord(MessageWriter message, Key key, Record record) {
        // No flags: it is for the member itself.
        message.writeByte(0).writeKey(key).writeRecord(record);
    }

    static MessageWriter clear(MessageWriter message, long epoch, long hlc, int database) {
        return Calls.begin(message, MessageType.CLEAR).writeLong(epoch).writeLong(hlc).writeByte(database);
    }
}
