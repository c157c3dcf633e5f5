package io.ringtail.cluster.replica;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Serves one loop's share of what other coordinators ask of this node as a replica: {@code WRITE}, {@code READ}, {@code CONFIRM},
 * {@code CLEAR} and {@code SCAN}.
 *
 * <p>Called by the loop for each request, and at the end of its turn: what a turn's requests wrote is handed to the commit log in one piece, and only then,
 * and when the log is as durable as its policy asks for, do the answers go. Reads wait with them: nobody is shown what may yet be lost in a power cut.
 *
 * <p>A request of another epoch than this node's is refused as a whole, and whichever node is behind gets to know. What cannot be told without waiting for the
 * disk is done on another thread; for a write the whole answer waits for it, for a read the coordinator is told which keys it may ask for again.
 *
 * <p>Layouts: {@code docs/formats/node-protocol.md}. Confined to the loop.
 *
 * <p>Long because what all its requests have in common, epochs, the turn's end and the wait for the disk, is easier to check side by side than apart.
 */
public final class Replica implements AutoCloseable {
    /** Entries of one request. */
    public static final int MAX_ENTRIES = 1 << 16;

    /** Of a write's entry: it is kept for a member that cannot be reached, whose id follows. */
    public static final int ENTRY_STANDS_IN = 1;
    /** Of a write's entry: a client writes it just now, and it may be given another version. Without it, it is a copy of what others have had. */
    public static final int ENTRY_NEW = 2;
    /** Of a read's entry: only the versions are wanted. */
    public static final int ENTRY_DIGEST = 1;
    /** Of a read's entry: the answer may wait for the disk. */
    public static final int ENTRY_MAY_BLOCK = 2;

    /** In a read's answer: the versions; the record; to be asked again with {@link #ENTRY_MAY_BLOCK}; the disk failed. */
    public static final int ANSWER_DIGEST = 0;
    public static final int ANSWER_RECORD = 1;
    public static final int ANSWER_COLD = 2;
    public static final int ANSWER_UNREADABLE = 3;

    /** In a write's answer, in place of the hybrid time that hides an entry: it is too far ahead of this node's clock; this node has no room for the hint. */
    public static final long REFUSED_FOR_CLOCK = -1;
    public static final long REFUSED_WITHOUT_HINT = -2;

    /** Answers that wait for the log's sync; beyond, the loop answers that it takes no more. */
    private static final int MAX_HELD = 1 << 16;

    /** An answer on its way, once the turn that it belongs to is durable. */
    private static final class Reply {
        final MessageWriter message = new MessageWriter();
        ReplyPath path;
        long id;
        MessageType type = MessageType.READ_REPLY;
        long position;
        /** Whether it says of a record that this node keeps a hint for another. */
        boolean standsIn;
        /** That the log of the hints must be durable up to. */
        long hintPosition;

        Reply(ReplyPath path) {
            this.path = path;
        }
    }

    /** Writes of one request whose outcome only the disk can tell. */
    private record ColdWrite(int index, Key key, Record record, long standsFor, boolean isNew) {}

    private final ReplicaData data;
    private final RingView ringView;
    private final ReplicaClock clock;
    private final HintSink hints;
    private final Loop loop;
    private final Runnable beginTurn;
    /** A few entries of a request ahead: the memory that their keys lie in is asked for at once, not one key after the other. */
    private final Key[] keys = new Key[ReplicaData.PREFETCH_MAX];

    private final Record[] records = new Record[ReplicaData.PREFETCH_MAX];
    private final Digest[] digests = new Digest[ReplicaData.PREFETCH_MAX];
    private final int[] entryFlags = new int[ReplicaData.PREFETCH_MAX];
    private final long[] standsFor = new long[ReplicaData.PREFETCH_MAX];
    private final Record record = new Record();
    private final Digest digest = new Digest();
    private List<Reply> replies = new ArrayList<>();
    private final ArrayDeque<Reply> held = new ArrayDeque<>();
    private final ArrayDeque<Reply> spare = new ArrayDeque<>();
    private long durablePosition;
    private long durableHintPosition;
    /** What came of handing this turn's hints to their log. */
    private long turnHintPosition;

    private @Nullable String turnHintFailure;

    /** @param beginTurn called when there is something for the end of the turn, so that there will be one */
    public Replica(ReplicaData data, RingView ringView, ReplicaClock clock, HintSink hints, Loop loop, Runnable beginTurn) {
        this.data = data;
        this.ringView = ringView;
        this.clock = clock;
        this.hints = hints;
        this.loop = loop;
        this.beginTurn = beginTurn;
        Arrays.setAll(keys, i -> new Key());
        Arrays.setAll(records, i -> new Record());
        Arrays.setAll(digests, i -> new Digest());
    }

    /** Serves a request; false when it is of a type that is not a replica's. {@code body} stands behind the type. */
    public boolean request(ReplyPath from, MessageType type, MessageReader body) {
        switch (type) {
            case WRITE -> write(from, body);
            case READ -> read(from, body);
            case CONFIRM -> confirm(from, body);
            case CLEAR -> clear(from, body);
            case SCAN -> scan(from, body);
            default -> {
                return false;
            }
        }
        return true;
    }

    private Reply reply(ReplyPath from, MessageType type, long id) {
        Reply reply = spare.poll();
        if (reply == null) {
            reply = new Reply(from);
        }
        reply.path = from;
        reply.id = id;
        reply.type = type;
        reply.position = 0;
        reply.standsIn = false;
        reply.hintPosition = 0;
        Calls.beginReply(reply.message, type, id);
        return reply;
    }

    private void atTurnEnd(Reply reply) {
        beginTurn.run();
        replies.add(reply);
    }

    /** Why a request is refused as a whole; null when it is not. */
    @Nullable ReplyStatus refusal(ReplyPath from, long epoch, long hlc) {
        // Frozen before the ring is read: so no epoch can come about unseen in between.
        boolean frozen = ringView.isFrozen();
        long own = ringView.ring().epoch();
        if (epoch < own) {
            return ReplyStatus.STALE_EPOCH;
        }
        if (epoch > own) {
            ringView.heardOfEpoch(from.memberId(), epoch);
            return ReplyStatus.BEHIND;
        }
        if (frozen) {
            return ReplyStatus.FROZEN;
        }
        return clock.isTooFarAhead(hlc) ? ReplyStatus.CLOCK : null;
    }

    void refuse(ReplyPath from, MessageType type, long id, ReplyStatus status, String why) {
        Reply reply = reply(from, type, id);
        writeRefusal(reply.message, status, why);
        atTurnEnd(reply);
    }

    private void writeRefusal(MessageWriter out, ReplyStatus status, String why) {
        out.writeByte(status.ordinal()).writeLong(ringView.ring().epoch()).writeText(why);
    }

    // ---- writes

    private void write(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        write(from, id, epoch, body.readLong(), body);
    }

    /**
     * Merges entries, as those of a {@code WRITE}.
     *
     * @param id of the answer
     * @param body stands at the number of entries
     */
    void write(ReplyPath from, long id, long epoch, long hlc, MessageReader body) {
        // Under the lock under which this node would look whether it is empty: a write is refused, or seen there.
        data.lock();
        try {
            ReplyStatus refusal = refusal(from, epoch, hlc);
            if (refusal != null) {
                refuse(from, MessageType.WRITE_REPLY, id, refusal, "");
                return;
            }
            merge(from, id, epoch, hlc, body);
        } finally {
            data.unlock();
        }
    }

    private void merge(ReplyPath from, long id, long epoch, long hlc, MessageReader body) {
        String why = held.size() > MAX_HELD ? "too many writes wait for the disk" : data.refusal();
        if (why != null) {
            refuse(from, MessageType.WRITE_REPLY, id, ReplyStatus.REFUSED, why);
            return;
        }
        Reply reply = reply(from, MessageType.WRITE_REPLY, id);
        MessageWriter out = reply.message;
        out.writeByte(ReplyStatus.DONE.ordinal());
        int countAt = out.size();
        out.writeInt(0);
        int refused = 0;
        List<ColdWrite> cold = null;
        int count = count(body);
        clock.observe(hlc);
        long greatestTaken = clock.greatestTaken();
        for (int first = 0; first < count; first += ReplicaData.PREFETCH_MAX) {
            int ahead = Math.min(ReplicaData.PREFETCH_MAX, count - first);
            readWrites(body, ahead);
            for (int i = 0; i < ahead; i++) {
                Key key = keys[i];
                Record version = records[i];
                if (Long.compareUnsigned(version.maxHlc(), greatestTaken) > 0) {
                    // From a clock that is far ahead; taken once, it would hide every later write.
                    writeRefused(out, first + i, REFUSED_FOR_CLOCK, -1);
                    refused++;
                    continue;
                }
                boolean isNew = (entryFlags[i] & ENTRY_NEW) != 0;
                switch (data.accept(key, version, isNew)) {
                    case ACCEPTED -> {
                        if (standsFor[i] != 0 && !standIn(reply, standsFor[i], key, version)) {
                            writeRefused(out, first + i, REFUSED_WITHOUT_HINT, -1);
                            refused++;
                        }
                    }
                    case REFUSED -> {
                        writeRefused(out, first + i, data.refusedHlc(), data.refusedActor());
                        refused++;
                    }
                    case COLD -> {
                        cold = cold == null ? new ArrayList<>() : cold;
                        cold.add(new ColdWrite(first + i, copy(key), new Record().copyOf(version), standsFor[i], isNew));
                    }
                }
            }
        }
        body.finish();
        out.setInt(countAt, refused);
        if (cold == null) {
            atTurnEnd(reply);
        } else {
            acceptCold(reply, epoch, countAt, refused, cold);
        }
    }

    /** Keeps a hint for the member that this node stands in for. Without one a record would never come to whom it is for: then it is refused. */
    private boolean standIn(Reply reply, long target, Key key, Record version) {
        if (!hints.add(target, key, version)) {
            return false;
        }
        reply.standsIn = true;
        return true;
    }

    private void readWrites(MessageReader body, int count) {
        for (int i = 0; i < count; i++) {
            entryFlags[i] = body.readByte();
            standsFor[i] = (entryFlags[i] & ENTRY_STANDS_IN) != 0 ? body.readLong() : 0;
            body.readKey(keys[i]);
            body.readRecord(records[i]);
        }
        prefetch(count, true);
    }

    private void prefetch(int count, boolean values) {
        if (count > 1) {
            data.prefetch(keys, count, values);
        }
    }

    private static int count(MessageReader body) {
        int count = body.readInt();
        if (count < 0 || count > MAX_ENTRIES) {
            throw new MalformedMessageException(count + " entries, the limit is " + MAX_ENTRIES);
        }
        return count;
    }

    /**
     * Throws unless it is what a {@code WRITE} of so many entries can be answered.
     *
     * @throws MalformedMessageException when it is not
     */
    static void checkWriteReply(MessageReader body, int entries) {
        if (ReplyStatus.of(body.readByte()) != ReplyStatus.DONE) {
            long ignored = body.readLong();
            int text = body.skip(body.readVarint(body.remaining()));
        } else {
            int refused = body.readInt();
            if (refused < 0 || refused > entries) {
                throw new MalformedMessageException(refused + " refusals of " + entries + " writes");
            }
            for (int i = 0; i < refused; i++) {
                int index = body.readVarint(entries - 1);
                int times = body.skip(2 * Long.BYTES);
            }
        }
        body.finish();
    }

    private static void writeRefused(MessageWriter out, int index, long hlc, long actor) {
        out.writeVarint(index).writeLong(hlc).writeLong(actor);
    }

    private static Key copy(Key key) {
        return new Key().setEncoded(key.bytes(), 0, key.size());
    }

    /** Finishes a request's cold writes on a thread that may wait; reads first, without the lock that everybody else needs. */
    private void acceptCold(Reply reply, long epoch, int countAt, int refusedSoFar, List<ColdWrite> cold) {
        boolean taken = loop.offload(() -> {
            String failure = null;
            ReplyStatus status = ReplyStatus.REFUSED;
            int refused = refusedSoFar;
            for (ColdWrite write : cold) {
                ReplicaData.Settled settled =
                        data.acceptWaiting(write.key, write.record, write.isNew, () -> ringView.ring().epoch() == epoch);
                if (settled == null) {
                    failure = "";
                    status = ReplyStatus.STALE_EPOCH;
                    break;
                }
                if (settled.acceptance() == Acceptance.REFUSED) {
                    writeRefused(reply.message, write.index, settled.refusedHlc(), settled.refusedActor());
                    refused++;
                } else if (settled.acceptance() == Acceptance.COLD) {
                    failure = "the replica cannot read its data";
                } else if (write.standsFor != 0 && !standIn(reply, write.standsFor, write.key, write.record)) {
                    writeRefused(reply.message, write.index, REFUSED_WITHOUT_HINT, -1);
                    refused++;
                }
            }
            String failed = failure;
            ReplyStatus failedWith = status;
            int refusedInAll = refused;
            loop.execute(() -> {
                if (failed == null) {
                    reply.message.setInt(countAt, refusedInAll);
                    atTurnEnd(reply);
                } else {
                    refuse(reply.path, MessageType.WRITE_REPLY, reply.id, failedWith, failed);
                }
            });
        });
        if (!taken) {
            refuse(reply.path, MessageType.WRITE_REPLY, reply.id, ReplyStatus.REFUSED, "too many requests wait for the disk");
        }
    }

    /** A database made void: all of it, whosever it is. */
    private void clear(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        int database = body.readByte();
        body.finish();
        long latest;
        data.lock();
        try {
            ReplyStatus refusal = refusal(from, epoch, hlc);
            String why = data.refusal();
            if (refusal != null || why != null) {
                refuse(from, MessageType.CLEAR_REPLY, id, refusal == null ? ReplyStatus.REFUSED : refusal, why == null ? "" : why);
                return;
            }
            latest = clock.nowHlc();
            clock.observe(hlc);
            data.clear(database, hlc);
        } finally {
            data.unlock();
        }
        Reply reply = reply(from, MessageType.CLEAR_REPLY, id);
        reply.message.writeByte(ReplyStatus.DONE.ordinal()).writeLong(latest);
        atTurnEnd(reply);
    }

    // ---- reads

    private void read(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        ReplyStatus refusal = refusal(from, epoch, hlc);
        if (refusal != null && refusal != ReplyStatus.CLOCK) {
            refuse(from, MessageType.READ_REPLY, id, refusal, "");
            return;
        }
        clock.observe(hlc);
        Reply reply = reply(from, MessageType.READ_REPLY, id);
        MessageWriter out = reply.message;
        out.writeByte(ReplyStatus.DONE.ordinal());
        int count = count(body);
        List<Integer> waiting = null;
        List<Key> waitingKeys = null;
        out.writeInt(count);
        for (int first = 0; first < count; first += ReplicaData.PREFETCH_MAX) {
            int ahead = Math.min(ReplicaData.PREFETCH_MAX, count - first);
            readReads(body, ahead);
            for (int i = 0; i < ahead; i++) {
                int flags = entryFlags[i];
                boolean read = (flags & ENTRY_DIGEST) != 0 ? data.readVersions(keys[i], record) : data.read(keys[i], record);
                if (!read) {
                    if ((flags & ENTRY_MAY_BLOCK) == 0) {
                        out.writeByte(ANSWER_COLD);
                        continue;
                    }
                    // A request that may wait is about one key.
                    waiting = waiting == null ? new ArrayList<>() : waiting;
                    waitingKeys = waitingKeys == null ? new ArrayList<>() : waitingKeys;
                    waiting.add(flags);
                    waitingKeys.add(copy(keys[i]));
                    continue;
                }
                if (waiting != null) {
                    throw new MalformedMessageException("a read that may wait is not the last of its request");
                }
                answer(out, flags, record, digest);
            }
        }
        body.finish();
        if (waiting == null || waitingKeys == null) {
            atTurnEnd(reply);
        } else {
            readCold(reply, waiting, waitingKeys);
        }
    }

    private void readReads(MessageReader body, int count) {
        for (int i = 0; i < count; i++) {
            entryFlags[i] = body.readByte();
            body.readKey(keys[i]);
        }
        prefetch(count, true);
    }

    private static void answer(MessageWriter out, int flags, Record record, Digest digest) {
        if ((flags & ENTRY_DIGEST) != 0) {
            out.writeByte(ANSWER_DIGEST);
            digest.set(record).write(out);
        } else {
            out.writeByte(ANSWER_RECORD);
            out.writeRecord(record);
        }
    }

    private void readCold(Reply reply, List<Integer> flags, List<Key> keys) {
        boolean taken = loop.offload(() -> {
            Record found = new Record();
            Digest itsDigest = new Digest();
            for (int i = 0; i < keys.size(); i++) {
                try {
                    data.readWaiting(keys.get(i), found);
                    answer(reply.message, flags.get(i), found, itsDigest);
                } catch (IOException e) {
                    reply.message.writeByte(ANSWER_UNREADABLE);
                }
            }
            loop.execute(() -> atTurnEnd(reply));
        });
        if (!taken) {
            refuse(reply.path, MessageType.READ_REPLY, reply.id, ReplyStatus.REFUSED, "too many requests wait for the disk");
        }
    }

    /** Names the keys of which this node does not hold just the versions that the coordinator holds, or cannot tell without waiting for the disk. */
    private void confirm(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        ReplyStatus refusal = refusal(from, epoch, hlc);
        if (refusal != null && refusal != ReplyStatus.CLOCK) {
            refuse(from, MessageType.CONFIRM_REPLY, id, refusal, "");
            return;
        }
        clock.observe(hlc);
        Reply reply = reply(from, MessageType.CONFIRM_REPLY, id);
        MessageWriter out = reply.message;
        out.writeByte(ReplyStatus.DONE.ordinal());
        int count = count(body);
        int differingAt = out.size();
        out.writeInt(0);
        int differing = 0;
        for (int first = 0; first < count; first += ReplicaData.PREFETCH_MAX) {
            int ahead = Math.min(ReplicaData.PREFETCH_MAX, count - first);
            for (int i = 0; i < ahead; i++) {
                body.readKey(keys[i]);
                digests[i].read(body);
            }
            prefetch(ahead, false);
            for (int i = 0; i < ahead; i++) {
                if (!holds(keys[i], digests[i])) {
                    out.writeVarint(first + i);
                    differing++;
                }
            }
        }
        body.finish();
        out.setInt(differingAt, differing);
        atTurnEnd(reply);
    }

    private boolean holds(Key key, Digest versions) {
        // Most keys have a value and nothing else.
        return (versions.isOfValue() && data.holds(key, versions.hlc(), versions.actor()))
                || (data.readVersions(key, record) && digest.set(record).isSameAs(versions));
    }

    /** A page of a stretch of keys: always on a thread that may wait, because a walk meets whatever is on the disk. */
    private void scan(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        ReplicaScan.Request request = ReplicaScan.Request.read(body);
        body.finish();
        ReplyStatus refusal = refusal(from, epoch, hlc);
        if (refusal != null && refusal != ReplyStatus.CLOCK) {
            refuse(from, MessageType.SCAN_REPLY, id, refusal, "");
            return;
        }
        clock.observe(hlc);
        Reply reply = reply(from, MessageType.SCAN_REPLY, id);
        boolean taken = loop.offload(() -> {
            String failure = null;
            try {
                reply.message.writeByte(ReplyStatus.DONE.ordinal());
                data.page(request, reply.message);
            } catch (UncheckedIOException e) {
                failure = "the replica cannot read its data";
            }
            String failed = failure;
            loop.execute(() -> {
                if (failed == null) {
                    atTurnEnd(reply);
                } else {
                    refuse(reply.path, MessageType.SCAN_REPLY, reply.id, ReplyStatus.REFUSED, failed);
                }
            });
        });
        if (!taken) {
            refuse(from, MessageType.SCAN_REPLY, id, ReplyStatus.REFUSED, "too many requests wait for the disk");
        }
    }

    // ---- the turn

    /** Whether an answer of this turn counts on hints that were left in it. */
    public boolean awaitsHints() {
        for (int i = 0; i < replies.size(); i++) {
            if (replies.get(i).standsIn) {
                return true;
            }
        }
        return false;
    }

    /**
     * The log of the hints was given what the turn left. Called before {@link #endTurn}.
     *
     * @param position that must be durable before an answer that counts on them may go, 0 when it may as it is
     * @param failure why the log did not take them; null when it did
     */
    public void hintsLogged(long position, @Nullable String failure) {
        turnHintPosition = position;
        turnHintFailure = failure;
    }

    /**
     * Sends the turn's answers, or keeps them until the log is durable up to {@code position} (0: as it is).
     *
     * @param failure why the log did not take what the turn wrote; null when it did
     */
    public void endTurn(long position, @Nullable String failure) {
        data.release();
        if (replies.isEmpty()) {
            return;
        }
        for (int i = 0; i < replies.size(); i++) {
            Reply reply = replies.get(i);
            if (failure != null) {
                takeBack(reply, failure);
            } else if (reply.standsIn && turnHintFailure != null) {
                takeBack(reply, turnHintFailure);
            } else if (reply.standsIn) {
                reply.hintPosition = turnHintPosition;
            }
            reply.position = position;
            if (held.isEmpty() && isDurable(reply)) {
                send(reply);
            } else {
                held.add(reply);
            }
        }
        replies.clear();
    }

    private boolean isDurable(Reply reply) {
        return reply.position <= durablePosition && reply.hintPosition <= durableHintPosition;
    }

    /** The log is durable up to {@code position}. Called on the loop. */
    public void durable(long position) {
        durablePosition = Math.max(durablePosition, position);
        sendDurable();
    }

    /** The log of the hints is. */
    public void hintsDurable(long position) {
        durableHintPosition = Math.max(durableHintPosition, position);
        sendDurable();
    }

    private void sendDurable() {
        Reply reply;
        while ((reply = held.peek()) != null && isDurable(reply)) {
            held.poll();
            send(reply);
        }
    }

    /** The log of the hints will not become durable any more: what counts on hints is not acknowledged. */
    public void hintsDurableNoMore(String failure) {
        for (Reply reply : held) {
            if (reply.hintPosition > durableHintPosition) {
                takeBack(reply, failure);
                reply.hintPosition = 0;
            }
        }
        sendDurable();
    }

    /** The log will not become durable any more: writes that wait for it are not acknowledged. */
    public void durableNoMore(String failure) {
        Reply reply;
        while ((reply = held.poll()) != null) {
            takeBack(reply, failure);
            send(reply);
        }
    }

    /** The log did not take what was written: it is not acknowledged. */
    private void takeBack(Reply reply, String failure) {
        if (reply.type == MessageType.WRITE_REPLY || reply.type == MessageType.CLEAR_REPLY) {
            Calls.beginReply(reply.message, reply.type, reply.id);
            writeRefusal(reply.message, ReplyStatus.REFUSED, failure);
        }
    }

    private void send(Reply reply) {
        reply.path.send(reply.message.bytes(), 0, reply.message.size());
        if (spare.size() < 64) {
            spare.add(reply);
        }
    }

    /** Answers that wait for the disk. */
    public int heldCount() {
        return held.size();
    }

    @Override
    public void close() {
        data.close();
    }
}
