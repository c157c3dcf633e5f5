package io.ringtail.cluster.coordinator;

import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way to the data: what commands read and write through, whatever number of nodes stands behind it.
 *
 * <p>Each event loop and each worker has its own. A <em>turn</em> is what one turn of an event loop brings in, or one command
 * on a worker. Within a turn writes are visible at once to everybody; {@link #endTurn} is what makes them durable, as one append to
 * the commit log, and only after it may replies be sent.
 *
 * <p>Commands that write, and commands that must see several keys at one moment, run between {@link #enterExclusive} and
 * {@link #exitExclusive}; the caller that dispatches commands does that, commands themselves do not.
 *
 * <p>A read that would have to wait for a disk throws {@link ColdReadException} unless this session may block. The dispatcher then takes back what the command has
 * written to its reply, has the command run by a worker, whose session may block, and goes on with the connection when that is done. In a cluster of several nodes a
 * read of what was not {@linkplain #fetch fetched} throws {@link NotFetchedException}, and the command is run again when it has been. So a command does all its reads
 * before its first write.
 *
 * <p>Confined to its thread.
 */
public interface DataSession extends AutoCloseable {
    /** The wall clock, in milliseconds since 1970, as it was when this turn began. */
    long nowMillis();

    /** The most keys {@link #prefetch} takes. */
    int PREFETCH_MAX = 16;

    /** Says which keys the commands that follow will ask for, so that they can be brought closer; changes nothing else. */
    default void prefetch(Key[] keys, int count) {}

    /** Reads what {@code key} holds; false when a reader sees nothing there, and {@code into} is what hides it, or empty. */
    boolean read(Key key, Record into);

    /** Whether a reader sees anything at {@code key}. */
    boolean exists(Key key);

    /**
     * Stores a value that ends at {@code expireAtMillis} (0: never), in place of value and expiry that were there. The bytes are copied.
     */
    void write(Key key, byte[] value, int offset, int size, long expireAtMillis);

    /** Deletes, without looking whether there is anything. */
    void delete(Key key);

    /** Changes when {@code key} ends and nothing else; 0 is never. Only for keys that exist. */
    void expire(Key key, long expireAtMillis);

    /** Whether writes to the key that had not seen each other are kept side by side: what changes it reads it first, at one replica, and these three are for it. */
    default boolean keepsSiblings(Key key) {
        return false;
    }

    /** Whether there are keys that do. */
    default boolean anyKeepsSiblings() {
        return false;
    }

    /**
     * Asked before a command writes keys it has fetched under their slot's lock: whether those that keep siblings can all be written now, so that none is when another cannot be. False when what this node holds of one has to be
     * read from its disk: soon it can.
     *
     * @param count how many of the keys that were fetched it may write, from the first on
     * @throws io.ringtail.cluster.quorum.QuorumException when one cannot be written
     */
    default boolean mayWriteSiblings(int count) {
        return true;
    }

    /**
     * Stores a value in place of those that {@code seen} has seen; others stay beside it. Only for a key that {@linkplain #keepsSiblings keeps siblings}.
     *
     * @param seen null for all that this node has of the key
     */
    default void write(Key key, byte[] value, int offset, int size, long expireAtMillis, @Nullable Context seen) {
        throw new UnsupportedOperationException("this session keeps no siblings");
    }

    /** Deletes what {@code seen} has seen; likewise. */
    default void delete(Key key, @Nullable Context seen) {
        throw new UnsupportedOperationException("this session keeps no siblings");
    }

    /**
     * Adds to the integer that a key holds, 0 when it holds nothing: in such a way that what others add at the same time is added, too; likewise. Whether the sum fits has been looked at.
     *
     * @param read what {@link #read} has found of the key in the same exclusive section; used up
     */
    default void increment(Key key, long delta, Record read) {
        throw new UnsupportedOperationException("this session keeps no siblings");
    }

    // ---- sets: a header at the key, and a record for each member

    /**
     * Reads a header or a member. A header of which a reader sees a set is found though the set may have lost its last member, where {@link #read} says that there is none.
     */
    default boolean readRecord(Key key, Record into) {
        return read(key, into);
    }

    /**
     * Walks a set's members in the order of their hashes. May block: only on a session that may.
     *
     * @param header what {@link #readRecord} has found at {@code key}; neither may change before the cursor is closed
     * @param fromHash unsigned
     */
    default RecordCursor members(Key key, Record header, long fromHash) {
        throw new UnsupportedOperationException("this session keeps no sets");
    }

    /**
     * Some of a set's members, or all: in the order of their hashes, from one on, and behind the last on from the first.
     *
     * @param wanted how many, if there are so many
     * @param toChange whether the command goes on to change them
     */
    default List<byte[]> gather(Key key, Record header, long fromHash, int wanted, boolean toChange) {
        throw new UnsupportedOperationException("this session keeps no sets");
    }

    /** Whether {@link #gather} surely finds every member that somebody was told to be there. Not in a transaction whose commands run, when nobody else can be asked; nor when fewer replicas are read than it takes to meet what is written. */
    default boolean gathersAll(Key key) {
        return true;
    }

    /**
     * Asked before the first write by a command that found a set where it could have found a string: goes on only where sets are changed.
     *
     * @throws NotFetchedException when the command has to be begun again there
     */
    default void changesSet(Key key) {}

    /**
     * Adds members to a set, or removes them, as one event.
     *
     * @param members internal keys, each once
     * @param begins whether there was no set: then whatever else was there is void, and members are only added
     */
    default void changeMembers(Key key, Key[] members, int count, boolean adds, boolean begins) {
        throw new UnsupportedOperationException("this session keeps no sets");
    }

    /** Deletes everything in a database, at a cost that does not depend on how much that is. */
    void clearDatabase(int database);

    /**
     * Walks the live keys of one database whose tokens lie in {@code [fromToken, throughToken]} (unsigned, both inclusive), in ring
     * order. Keys there throughout are met exactly once; keys that come or go meanwhile may be met. May block: only on a session that may.
     */
    RecordCursor scan(int database, long fromToken, long throughToken);

    /** How many live keys a database has. May block. */
    long countKeys(int database);

    /**
     * Lets reads wait though this session is not one that {@link #mayBlock}: for a transaction that has begun to run, whose keys were all in memory a moment ago, and
     * which nobody may come in between.
     */
    void allowWaiting(boolean allowed);

    /** Whether this session's reads may wait for a disk. */
    boolean mayBlock();

    /** Begins a stretch in which no other session writes, and in which no other session's single read comes in between. Reentrant. */
    void enterExclusive();

    void exitExclusive();

    /**
     * Lets the command that has begun write, until the exclusive stretch ends. Called within the stretch, before the first write.
     *
     * @throws RingChangedException when it has to be begun again
     */
    default void admitWrites() {}

    /** Waits while another session is within an exclusive stretch ; costs one volatile read when none is under way. */
    void awaitExclusive();

    /**
     * Ends the turn: hands what it wrote to the commit log.
     *
     * @return the log position that must be durable before replies of this turn may be sent, or 0 when they may go at once
     * @throws WriteRefusedException when the log could not take it: none of the turn's replies may be sent as they stand
     */
    long endTurn() throws WriteRefusedException;

    // ---- with other nodes; a session over one node's data alone leaves all of this as it is

    /**
     * Says whose command comes next.
     *
     * @return whether the data are on several nodes, so that reads have to be {@linkplain #fetch fetched}
     */
    default boolean begin(CommandContext context) {
        return false;
    }

    /**
     * The member that carries out commands which read a key and then write it; 0 when it is this node.
     *
     * @throws io.ringtail.cluster.quorum.QuorumException when none of its replicas can be reached
     */
    default long primary(Key key) {
        return 0;
    }

    /**
     * Takes a command to the member that carries it out.
     *
     * @param listener told how it ended, not from within this call
     * @return false when it was not sent
     */
    default boolean forward(long memberId, byte[] bytes, int offset, int size, ForwardListener listener) {
        return false;
    }

    /**
     * Reads keys at a quorum for the command that has {@linkplain #begin begun}, so that {@link #read} finds them.
     *
     * @param slot to be locked first, until {@link #finish}; negative is none
     * @param resume called when all are here, or one has failed ({@link CommandContext#failure}); not called when this returns true
     * @return whether all are here already
     */
    default boolean fetch(Key[] keys, int count, int slot, Runnable resume) {
        throw new IllegalStateException("there is nobody to fetch from");
    }

    /** Reads more keys together with those being fetched, for the commands that come next; nothing when nothing is being fetched. */
    default void fetchAlso(Key[] keys, int count) {}

    /** Forgets what was fetched for the client whose command has begun. */
    default void forget() {}

    /**
     * Gathers members that the command which has begun has asked for and not found here.
     *
     * @param resume called when they are here, or something has failed; not when this returns true
     * @return whether nothing is left to wait for
     */
    default boolean fetchMembers(Runnable resume) {
        throw new IllegalStateException("there is nobody to fetch from");
    }

    /** Ends the command that has begun: what was fetched and locked for it is let go. */
    default void finish() {}

    /** Lets go of what is fetched and locked for a client that is gone. */
    default void abandon(CommandContext gone) {}

    /**
     * Throws unless a write to the key can be tried: for commands that write several, before the first.
     *
     * @throws io.ringtail.cluster.quorum.QuorumException when too few replicas can be reached
     */
    default void checkWritable(Key key) {}

    /**
     * How many nodes beyond the first have accepted all that the client whose command has {@linkplain #begin begun} has written; all others for one that has
     * written nothing.
     *
     * @param wanted answers when there are so many
     * @param timeoutMillis answers then at the latest; 0 is never, negative is at once
     * @param resume called when the command is to be begun again
     * @throws ReplicasAwaitedException when it is too early to answer
     */
    default int awaitReplicas(long wanted, long timeoutMillis, Runnable resume) {
        return 0;
    }

    /**
     * Has all that the client has written synced by all that have it, whatever their policy, and says who has. {@link #awaitReplicas} otherwise.
     *
     * @param here whether to answer only when this node's log is synced
     * @param timeoutMillis negative: nobody is asked, and the answer is what is known to be synced of what the client had written before
     */
    default SyncedCopies awaitSynced(boolean here, long wanted, long timeoutMillis, Runnable resume) {
        return new SyncedCopies(true, 0);
    }

    /**
     * @param here whether this node's log has been synced
     * @param others how many nodes beyond the first have synced all of it
     */
    record SyncedCopies(boolean here, int others) {}

    /** Whether so much waits for other nodes that clients should not be read from for a while. */
    default boolean isCongested() {
        return false;
    }

    @Override
    void close();
}
