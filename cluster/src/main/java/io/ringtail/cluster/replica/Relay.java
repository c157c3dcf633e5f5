package io.ringtail.cluster.replica;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One loop's relay: takes records that a coordinator of another data center has for several replicas of this one, merges them as one of these, and passes them on to the
 * others. So a record crosses the distance once.
 *
 * <p>What it passes on is a {@code WRITE} as the coordinator would have sent it, with the coordinator's epoch and time, and what a replica answers goes back as it is: the
 * coordinator counts each replica by what that one has said, and the relay keeps nothing but where an answer belongs. Where it cannot pass something on, or a link breaks, it says
 * so at once, and the coordinator turns to the replica itself; that it does as well when the relay says nothing. A relay that goes by another epoch passes nothing on.
 *
 * <p>Everything is checked before anything is passed on, and likewise what comes back, so that nobody closes a connection to this node for what another has sent. Layout: {@code docs/formats/node-protocol.md}.
 * Confined to the loop.
 */
public final class Relay {
    /** Replicas that one message may be passed on to. */
    public static final int MAX_OTHERS = 255;

    private final long selfId;
    private final Replica replica;
    private final Calls calls;
    private final LongPredicate reachable;
    private final long timeoutMillis;
    private final Runnable beginTurn;
    private final Key key = new Key();
    private final Record record = new Record();
    private final MessageWriter passed = new MessageWriter();
    private final MessageWriter answer = new MessageWriter();

    /** Of the message in hand: to whom, under which ids the coordinator waits for their answers, and which entries of it; null for all. */
    private final long[] members = new long[MAX_OTHERS];

    private final long[] answerIds = new long[MAX_OTHERS];
    private final int[] @Nullable [] entriesOf = new int[MAX_OTHERS][];
    private int passedCount;

    /** Where the entries begin, and behind them where the last one ends. */
    private int[] offsets = new int[64];

    /**
     * @param reachable whether a member can be
     * @param timeoutMillis after which a replica's answer is not waited for any more
     * @param beginTurn called when there is something for the end of the turn
     */
    public Relay(long selfId, Replica replica, Calls calls, LongPredicate reachable, long timeoutMillis, Runnable beginTurn) {
        this.selfId = selfId;
        this.replica = replica;
        this.calls = calls;
        this.reachable = reachable;
        this.timeoutMillis = timeoutMillis;
        this.beginTurn = beginTurn;
    }

    /** Serves a request; false when it is of another type. {@code body} stands behind the type. */
    public boolean request(ReplyPath from, MessageType type, MessageReader body) {
        if (type != MessageType.RELAY) {
            return false;
        }
        if (from.version() < ProtocolVersion.RELAYS) {
            throw new MalformedMessageException("a RELAY in version " + from.version() + " of the protocol");
        }
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        int others = readOthers(from, body);
        int size = body.remaining();
        int at = body.skip(size);
        passedCount = readEntries(body, at, size);
        checkIndexes(others, passedCount);
        ReplyStatus refusal = replica.refusal(from, epoch, hlc);
        for (int i = 0; i < others; i++) {
            if (refusal != null) {
                replica.refuse(from, MessageType.WRITE_REPLY, answerIds[i], refusal, "");
            } else {
                passOn(from, epoch, hlc, i, body.array(), at, size);
            }
            entriesOf[i] = null;
        }
        replica.write(from, id, epoch, hlc, body.wrap(body.array(), at, size));
        return true;
    }

    private int readOthers(ReplyPath from, MessageReader body) {
        int others = body.readVarint(MAX_OTHERS);
        if (others == 0) {
            throw new MalformedMessageException("a RELAY to nobody");
        }
        for (int i = 0; i < others; i++) {
            long member = body.readLong();
            if (member == selfId || member == from.memberId()) {
                throw new MalformedMessageException("a RELAY to its own %s".formatted(member == selfId ? "relay" : "sender"));
            }
            for (int j = 0; j < i; j++) {
                if (members[j] == member) {
                    throw new MalformedMessageException("a RELAY to %012x twice".formatted(member));
                }
            }
            members[i] = member;
            answerIds[i] = body.readLong();
            int chosen = body.readVarint(Replica.MAX_ENTRIES);
            // As many indexes as are there at least: a number alone takes no memory.
            if (chosen > body.remaining()) {
                throw new MalformedMessageException(chosen + " entries in " + body.remaining() + " bytes");
            }
            if (chosen == 0) {
                entriesOf[i] = null;
                continue;
            }
            int[] indexes = new int[chosen];
            for (int j = 0; j < chosen; j++) {
                indexes[j] = body.readVarint(Replica.MAX_ENTRIES - 1);
                if (j > 0 && indexes[j] <= indexes[j - 1]) {
                    throw new MalformedMessageException("entry " + indexes[j] + " behind " + indexes[j - 1]);
                }
            }
            entriesOf[i] = indexes;
        }
        return others;
    }

    private int readEntries(MessageReader body, int at, int size) {
        body.wrap(body.array(), at, size);
        int count = body.readInt();
        // An entry has at least three bytes.
        if (count < 1 || count > Replica.MAX_ENTRIES || count > size / 3) {
            throw new MalformedMessageException(count + " entries in " + size + " bytes, the limit is " + Replica.MAX_ENTRIES);
        }
        if (offsets.length <= count) {
            offsets = new int[count + 1];
        }
        for (int i = 0; i < count; i++) {
            offsets[i] = at + size - body.remaining();
            int flags = body.readByte();
            if ((flags & Replica.ENTRY_STANDS_IN) != 0) {
                throw new MalformedMessageException("an entry of a RELAY for one who stands in");
            }
            body.readKey(key);
            body.readRecord(record);
        }
        offsets[count] = at + size - body.remaining();
        body.finish();
        return count;
    }

    private void checkIndexes(int others, int count) {
        for (int i = 0; i < others; i++) {
            int[] indexes = entriesOf[i];
            if (indexes != null && indexes[indexes.length - 1] >= count) {
                throw new MalformedMessageException("entry " + indexes[indexes.length - 1] + " of " + count);
            }
        }
    }

    private void passOn(ReplyPath from, long epoch, long hlc, int other, byte[] bytes, int at, int size) {
        long member = members[other];
        long answerId = answerIds[other];
        int[] indexes = entriesOf[other];
        int count = indexes == null ? passedCount : indexes.length;
        if (reachable.test(member)) {
            Calls.begin(passed, MessageType.WRITE).writeLong(epoch).writeLong(hlc);
            if (indexes == null) {
                passed.writeRaw(bytes, at, size);
            } else {
                passed.writeInt(count);
                for (int index : indexes) {
                    passed.writeRaw(bytes, offsets[index], offsets[index + 1] - offsets[index]);
                }
            }
            if (calls.send(member, passed, timeoutMillis, new Passed(from, answerId, epoch, count))) {
                return;
            }
        }
        unreached(from, answerId, epoch);
    }

    /** At once, and not when this node's log is durable: nothing here has to do with it. */
    private void unreached(ReplyPath from, long answerId, long epoch) {
        beginTurn.run();
        Calls.beginReply(answer, MessageType.WRITE_REPLY, answerId)
                .writeByte(ReplyStatus.UNREACHED.ordinal())
                .writeLong(epoch)
                .writeText("");
        from.send(answer.bytes(), 0, answer.size());
    }

    /** Brings an answer to whom it belongs to. */
    private final class Passed implements Calls.Callback {
        private final ReplyPath from;
        private final long answerId;
        private final long epoch;
        private final int entries;

        Passed(ReplyPath from, long answerId, long epoch, int entries) {
            this.from = from;
            this.answerId = answerId;
            this.epoch = epoch;
            this.entries = entries;
        }

        @Override
        public void replied(long memberId, MessageType type, MessageReader body) {
            int size = body.remaining();
            int at = body.skip(size);
            Replica.checkWriteReply(body.wrap(body.array(), at, size), entries);
            beginTurn.run();
            Calls.beginReply(answer, MessageType.WRITE_REPLY, answerId).writeRaw(body.array(), at, size);
            from.send(answer.bytes(), 0, answer.size());
        }

        @Override
        public void failed(long memberId, boolean timedOut) {
            unreached(from, answerId, epoch);
        }
    }
}
