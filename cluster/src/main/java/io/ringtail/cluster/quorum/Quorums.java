package io.ringtail.cluster.quorum;

import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One loop's way to the replicas of all keys: reads and writes at a level, gathered over a turn and sent when it ends.
 *
 * <p>Wires {@link Reads}, {@link Confirmations} and {@link Writes} together. Confined to the loop; the counters may be read by anyone.
 */
public final class Quorums {
    private final Outboxes outboxes;
    private final Writes writes;
    private final Reads reads;
    private final Confirmations confirmations;
    private final Neighbours neighbours;
    private final PeerLatency latency = new PeerLatency();
    private final Clearing clearing;
    private final Walks walks;
    private final AwaitedLog hintLog = new AwaitedLog();
    private final HintSink hints;
    private final long maxPendingBytes;

    /**
     * @param reachability of other members
     * @param beginTurn called when something waits for the turn's end, so that there will be one
     */
    public Quorums(
            long selfId,
            Calls calls,
            Loop loop,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            ReplicaClock clock,
            HintSink hints,
            QuorumOptions options,
            Runnable beginTurn) {
        this.outboxes = new Outboxes(beginTurn);
        this.hints = hints;
        this.maxPendingBytes = options.maxPendingBytes();
        this.writes = new Writes(
                selfId, calls, loop, ringView, reachability, data, clock, hints, options, outboxes, hintLog);
        this.clearing = new Clearing(
                selfId, calls, ringView, reachability, data, clock, hints, options, outboxes, hintLog);
        Hedges hedges = new Hedges(loop, latency, outboxes);
        this.reads = new Reads(
                selfId, calls, loop, ringView, reachability, data, clock, options, outboxes, writes, latency, hedges);
        this.neighbours = new Neighbours(selfId, reachability, latency, outboxes);
        this.confirmations = new Confirmations(
                calls, loop, ringView, data, clock, options, outboxes, writes, hedges, neighbours);
        this.walks = new Walks(selfId, calls, loop, ringView, reachability, data, clock, options, latency);
    }

    /**
     * Throws unless a write to the key can be tried now.
     *
     * @param level what the connection asks for; null is what the keyspace says
     * @throws QuorumException when too few of its replicas can be reached
     */
    public void checkWritable(Key key, @Nullable ConsistencyLevel level) {
        writes.check(key, level);
    }

    /**
     * Begins a write of a record that has its version. The caller has {@linkplain #checkWritable checked} in the same turn and holds the store's write lock. Key and
     * record are copied.
     *
     * @param group told how it ends
     * @param replyIndex whose reply is to say so if it fails
     * @return whether this node is a replica that shows the write from now on
     */
    public boolean write(Key key, Record record, @Nullable ConsistencyLevel level, WriteGroup group, int replyIndex) {
        return writes.write(key, record, level, group, replyIndex, false);
    }

    /**
     * {@link #write} of a record that was computed from a read of the key, whose version is earlier, under the slot's lock: what hides it somewhere came after it, and
     * it is never given a later version.
     */
    public boolean writeComputed(Key key, Record record, @Nullable ConsistencyLevel level, WriteGroup group, int replyIndex) {
        return writes.write(key, record, level, group, replyIndex, true);
    }

    /**
     * Begins a read. The key is copied.
     *
     * @param listener told how it ends, possibly before this returns
     * @throws QuorumException when too few replicas can be reached; the listener is not told then
     */
    public void read(Key key, @Nullable ConsistencyLevel level, ReadListener listener) {
        reads.read(key, level, reads.nanoTime(), listener);
    }

    /**
     * The same for who begins many reads.
     *
     * @param nowNanos the loop's time, looked at once for all of them
     */
    public void read(Key key, @Nullable ConsistencyLevel level, long nowNanos, ReadListener listener) {
        reads.read(key, level, nowNanos, listener);
    }

    /**
     * Reads what this node itself holds of a key, and has as many other replicas confirm it as a read at that level asks.
     *
     * @param into what is held: a value, a tombstone, something expired; empty when there has never been anything
     * @param group told how it ends; the reply may not go before
     * @return false when that cannot be done, and nothing has been: then it has to be {@link #read}
     */
    public boolean readHere(Key key, @Nullable ConsistencyLevel level, Record into, ReadGroup group, int replyIndex) {
        return confirmations.read(key, level, into, group, replyIndex);
    }

    /**
     * Makes void all that a database holds up to a hybrid time, on every member. The caller holds the store's write lock.
     *
     * @param group told how it ends: well, when of each partition as many replicas have done it as a write needs
     */
    public void clear(int database, long hlc, WriteGroup group, int replyIndex) {
        clearing.clear(database, hlc, group, replyIndex);
    }

    /**
     * Asks for one page of a walk over the keys of a stretch of the ring.
     *
     * @param level how many replicas of each key are asked; null is what its keyspace says
     * @param listener told how it ends, not from within this call
     */
    public void walk(ReplicaScan.Request request, @Nullable ConsistencyLevel level, WalkListener listener) {
        walks.page(request, level, listener);
    }

    /** How many replicas have accepted a write to the key when it is acknowledged. */
    public int quorumOfWrite(Key key, @Nullable ConsistencyLevel level) {
        return writes.quorum(key, level);
    }

    /** How many nodes have all that a client has written; see {@link Acceptances#copies}. */
    public int copies(Acceptances of) {
        return of.copies(hints::isBrought);
    }

    /** Whether so much waits for replicas that clients should not be read from for a while. */
    public boolean isCongested() {
        return writes.pendingBytes() > maxPendingBytes;
    }

    /** Sends what the turn has gathered: one message with records, one with keys and one with versions for each member concerned. */
    public void endTurn() {
        List<RelayOutbox> relays = outboxes.takeRelays();
        for (int i = 0; i < relays.size(); i++) {
            writes.send(relays.get(i));
        }
        List<Outbox> taken = outboxes.take();
        for (int i = 0; i < taken.size(); i++) {
            Outbox outbox = taken.get(i);
            // Writes first: on an ordered link a read finds what was written before it.
            writes.send(outbox);
            reads.send(outbox);
            confirmations.send(outbox);
        }
        neighbours.endTurn();
        writes.endTurn();
    }

    /**
     * The log was given what the turn wrote: writes that this node accepted in it, and whose clients' replies do not wait for this turn, count from now on, or when
     * the log is durable up to {@code position}.
     *
     * @param failure why the log did not take it; null when it did
     */
    public void logged(long position, @Nullable String failure) {
        writes.logged(position, failure);
    }

    public void durable(long position) {
        writes.durable(position);
    }

    public void durableNoMore(String failure) {
        writes.durableNoMore(failure);
    }

    /** Whether the acknowledgement of something waits for hints that were left in this turn. */
    public boolean awaitsHints() {
        return hintLog.isAwaited();
    }

    /** The log of the hints was given what the turn left; as {@link #logged} otherwise. */
    public void hintsLogged(long position, @Nullable String failure) {
        hintLog.logged(position, failure);
    }

    public void hintsDurable(long position) {
        hintLog.durable(position);
    }

    public void hintsDurableNoMore(String failure) {
        hintLog.durableNoMore(failure);
    }

    public long pendingReads() {
        return reads.pendingCount();
    }

    public long pendingWrites() {
        return writes.pendingCount();
    }

    public long pendingWriteBytes() {
        return writes.pendingBytes();
    }

    public long hintsLeft() {
        return writes.hinted;
    }

    public long writesRevised() {
        return writes.revised;
    }

    public long writesFailed() {
        return writes.failed;
    }

    /** Records that were sent to another data center once for several of its replicas. */
    public long writesRelayed() {
        return writes.relayed;
    }

    /** Messages that a replica was sent itself because a relay had not passed them on. */
    public long relaysFailed() {
        return writes.relaysFailed;
    }

    public long readsRepaired() {
        return reads.repaired;
    }

    /** Reads that were answered with what this node held, when others had confirmed it; for one that several were asked about, as often. */
    public long readsConfirmed() {
        return confirmations.confirmed;
    }

    /** Reads that were to be answered so, and were repeated. */
    public long readsDoubted() {
        return confirmations.doubted;
    }

    public long readsHedged() {
        return reads.hedged;
    }

    /** The mean time a member takes to answer a read, in microseconds; 0 when it has not been asked. May be asked by anyone. */
    public long readMicros(long memberId) {
        return latency.meanMicros(memberId);
    }

    /** The mean time a member takes to answer a write. */
    public long writeMicros(long memberId) {
        return writes.latency().meanMicros(memberId);
    }
}
