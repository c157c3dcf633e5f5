package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An append-only log of merges, in segments, that makes acknowledged writes survive.
 *
 * <p>Opened by the store, which hands in its write lock. A write is: {@link #add} under the write lock, as the record
 * goes into the memtable; then, once for a whole turn of an event loop, {@link #append}, which writes all that was
 * added, by whomever, as one frame. A frame is whole after a crash or not there. {@link #syncedPosition} says what
 * would survive a power cut.
 *
 * <p>Safe for concurrent use, as the table says. Locks are taken in this order, and no listener is called under one:
 *
 * <pre>
 *   append lock    the writing buffer, the current segment's end; held while a frame is written
 *   write lock     (the store's) the pending buffer; under the append lock held to swap the buffers only
 *   sync lock      one sync at a time, sealing; held over fsync; never together with the two above
 *   create lock    making of segments, so that their ids are in the order of their use; held over creation
 *   state lock     which segments there are, published positions; short, innermost
 * </pre>
 *
 * Invariants:
 *
 * <ol>
 *   <li>Frames are written in the order of buffer swaps. A frame that could not be written stays in the writing buffer
 *       and is tried again before anything else is.
 *   <li>{@code synced <= appended}. The synced position never passes a segment whose content has not been synced and
 *       that has not got its footer.
 *   <li>After one failed sync the log never writes again: the kernel may have dropped what it could not write, and a
 *       second sync that succeeds would say nothing about it.
 * </ol>
 *
 * The log has one thread, which syncs, makes the next segment when the current one is half full, seals full ones, and
 * retries failed writes. Without a thread factory there is none, and somebody calls {@link #runOnce}.
 *
 * <p>Files and the memory of the buffers are freed by {@link #close}.
 *
 * <p>Longer than most classes, because appending, syncing and releasing share the list of segments under one lock; what
 * could be told apart is in {@link FrameBuffer}, {@link SegmentWriter} and {@link Recovery}.
 */
public final class CommitLog implements Closeable {
    private static final long IDLE_NANOS = 1_000_000_000L;

    private final FileSystem fileSystem;
    private final Path directory;
    private final CommitLogOptions options;
    private final Lock writeLock;
    private final CommitLogListener listener;
    private final long syncIntervalNanos;
    private final long retryIntervalNanos;
    private final @Nullable Thread thread;

    // Guarded by writeLock (pending is swapped under appendLock and writeLock).
    private FrameBuffer pending = new FrameBuffer();

    // Guarded by appendLock.
    private final ReentrantLock appendLock = new ReentrantLock();
    private FrameBuffer writing = new FrameBuffer();
    private boolean closed;

    // Guarded by stateLock; the volatile ones are written under it and read anywhere.
    private final Object stateLock = new Object();
    private @Nullable SegmentWriter current;
    private @Nullable SegmentWriter prepared;
    private final List<SegmentWriter> full = new ArrayList<>();
    private final NavigableMap<Long, Recovery.Segment> sealed;
    private long lastId;
    private long unsyncedSinceNanos;
    private boolean unsynced;
    private volatile long appended;
    private volatile long synced;
    private volatile @Nullable IOException writeFailure;
    private volatile @Nullable IOException failure;
    private volatile boolean preparationWanted;
    private volatile boolean preparationFailed;

    /** Held while a segment is made. */
    private final ReentrantLock createLock = new ReentrantLock();

    // Guarded by syncLock.
    private final ReentrantLock syncLock = new ReentrantLock();
    /** Also read without the lock by the thread that writes it. */
    private volatile long lastSyncStartNanos;
    /** When what is being synced now was written; meaningful while {@link #syncing}. Guarded by stateLock. */
    private long syncingSinceNanos;

    private boolean syncing;

    private volatile SyncPolicy policy;
    private volatile boolean stopping;
    /** Somebody has something for the log's thread since it last began to look. */
    private volatile boolean wanted;

    // Statistics, guarded by stateLock.
    private long appendCount;
    private long entryCount;
    private long byteCount;
    private long failedAppendCount;
    private long syncCount;
    private long syncNanos;
    private long lastSyncNanos;
    private @Nullable String lastError;
    private final long replayedFrames;
    private final long replayedEntries;
    private final long cutBytes;

    private CommitLog(
            FileSystem fileSystem,
            Path directory,
            CommitLogOptions options,
            Recovery recovery,
            Lock writeLock,
            CommitLogListener listener) {
        this.fileSystem = fileSystem;
        this.directory = directory;
        this.options = options;
        this.writeLock = writeLock;
        this.listener = listener;
        this.policy = options.policy();
        this.syncIntervalNanos = options.syncInterval().toNanos();
        this.retryIntervalNanos = options.retryInterval().toNanos();
        this.sealed = new TreeMap<>(recovery.segments());
        this.lastId = recovery.lastId();
        this.appended = recovery.end();
        this.synced = recovery.end();
        this.replayedFrames = recovery.frameCount();
        this.replayedEntries = recovery.entryCount();
        this.cutBytes = recovery.cutBytes();
        this.lastSyncStartNanos = options.nanoClock().getAsLong() - syncIntervalNanos;
        ThreadFactory threads = options.threads();
        this.thread = threads == null ? null : threads.newThread(this::runUntilStopped);
        if (thread != null) {
            thread.setName("store-log");
        }
    }

    /**
     * Opens the log of a directory, which exists; replays what it holds from {@code replayFrom} on, and goes on in a
     * new segment. When there is no room for one, the log opens unwritable and gets writable when there is.
     *
     * @param replayFrom what {@link #position} said when everything before it had become durable elsewhere
     * @param writeLock guards {@code add*}: their callers hold it, {@link #append} takes it
     * @throws io.ringtail.engine.io.CorruptionException when what was durable is damaged; see {@link CommitLogRepair}
     */
    public static CommitLog open(
            FileSystem fileSystem,
            Path directory,
            CommitLogOptions options,
            LogPosition replayFrom,
            CommitLogReplay target,
            Lock writeLock,
            CommitLogListener listener)
            throws IOException {
        Recovery recovery = Recovery.run(fileSystem, directory, options.storeId(), replayFrom, target, listener);
        CommitLog log = new CommitLog(fileSystem, directory, options, recovery, writeLock, listener);
        log.prepareSegment();
        Thread thread = log.thread;
        if (thread != null) {
            thread.start();
        }
        return log;
    }

    // ---- writing

    /** Adds a record to the next frame. The caller holds the write lock. */
    public void add(Key key, Record record) {
        pending.add(key, record);
    }

    /** Adds the clearing of a database to the next frame. The caller holds the write lock. */
    public void addClear(int database, long hlc) {
        pending.addClear(database, hlc);
    }

    /** Whether there is anything for {@link #append}. The caller holds the write lock. */
    public boolean hasPending() {
        return !pending.isEmpty();
    }

    /** Bytes that wait for {@link #append}; append before it reaches 2 GiB. The caller holds the write lock. */
    public int pendingBytes() {
        return pending.size();
    }

    /**
     * Writes all that was added before the call as one frame; returns a position that covers it. Whoever calls at the
     * same time shares a frame and waits for it. Not to be called with the write lock held.
     *
     * @throws IOException when it could not be written; it is kept and will be tried again, see {@link #writable}
     */
    public long append() throws IOException {
        long position = 0;
        boolean recovered = false;
        IOException problem = null;
        appendLock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("append to a closed commit log");
            }
            writeFrame(); // the one kept from an attempt that failed, if any
            swapBuffers();
            writeFrame();
            position = appended;
            recovered = writeFailure != null && hasSegment();
            if (recovered) {
                writeFailure = null;
            }
        } catch (IOException e) {
            problem = e;
            synchronized (stateLock) {
                failedAppendCount++;
                lastError = e.getMessage();
            }
            if (failure == null) {
                writeFailure = e;
            }
        } finally {
            appendLock.unlock();
        }
        if (problem != null) {
            if (failure == null) {
                listener.writeFailed(problem);
                if (Thread.currentThread() != thread) {
                    wake(); // the log's own thread, when it tries again, is to pause before the next attempt
                }
            }
            throw problem;
        }
        if (recovered) {
            listener.writableAgain();
        }
        return position;
    }

    private void swapBuffers() {
        writeLock.lock();
        try {
            if (!pending.isEmpty()) {
                FrameBuffer swap = writing;
                writing = pending;
                pending = swap;
            }
        } finally {
            writeLock.unlock();
        }
    }

    private boolean hasSegment() {
        synchronized (stateLock) {
            return current != null || prepared != null;
        }
    }

    /** Writes the writing buffer, if there is anything in it. Called with the append lock held. */
    private void writeFrame() throws IOException {
        if (writing.isEmpty()) {
            return;
        }
        IOException failed = failure;
        if (failed != null) {
            throw new CommitLogFailedException(failed);
        }
        SegmentWriter segment = segmentFor(writing.frameSize(true));
        long before = segment.end();
        segment.write(writing, synced, appended);
        int entries = writing.entryCount();
        writing.reset();
        long now = options.nanoClock().getAsLong();
        synchronized (stateLock) {
            appendCount++;
            entryCount += entries;
            byteCount += segment.end() - before;
            if (!unsynced) {
                unsynced = true;
                unsyncedSinceNanos = now;
            }
            appended = segment.endPosition();
        }
        if (segment.isHalfFull() && !preparationWanted) {
            preparationWanted = true;
            wake();
        } else if (policy == SyncPolicy.ALWAYS) {
            wake();
        }
    }

    /** The segment the next frame goes to; a new one when it does not fit. Called with the append lock held. */
    private SegmentWriter segmentFor(int frameSize) throws IOException {
        SegmentWriter segment = current;
        if (segment != null && segment.hasRoomFor(frameSize)) {
            return segment;
        }
        if (segment != null && !segment.hasFrames()) {
            segment.extend(frameSize);
            return segment;
        }
        createLock.lock();
        try {
            SegmentWriter next = prepared;
            if (next == null) {
                next = createSegment(Math.max(options.segmentSize(), SegmentWriter.capacityFor(frameSize)));
            } else if (!next.hasRoomFor(frameSize)) {
                next.extend(frameSize);
            }
            synchronized (stateLock) {
                if (segment != null) {
                    full.add(segment);
                }
                current = next;
                prepared = null;
            }
            preparationWanted = false;
        } finally {
            createLock.unlock();
        }
        wake(); // to seal the full one
        return current;
    }

    private void noteError(IOException e) {
        synchronized (stateLock) {
            lastError = e.getMessage();
        }
    }

    /** Called with the create lock held. */
    private SegmentWriter createSegment(long capacity) throws IOException {
        // An id is used once, even when making the segment fails.
        long id = ++lastId;
        return SegmentWriter.create(
                fileSystem, directory, options.storeId(), id, options.salts().getAsLong(), capacity);
    }

    /** Makes the next segment ahead of time; that it fails is told, and no failure as long as the current one lasts. */
    private void prepareSegment() {
        IOException problem = null;
        SegmentWriter made = null;
        createLock.lock();
        try {
            if (prepared == null && !stopping) {
                made = createSegment(options.segmentSize());
                synchronized (stateLock) {
                    prepared = made;
                }
            }
            preparationFailed = false;
        } catch (IOException e) {
            problem = e;
            preparationFailed = true;
            noteError(e);
            if (current == null) {
                writeFailure = e;
            }
        } finally {
            createLock.unlock();
        }
        if (problem != null) {
            listener.segmentNotCreated(problem);
        } else if (made != null) {
            listener.segmentCreated(made.path());
        }
    }

    // ---- making it durable

    private void runUntilStopped() {
        while (!stopping) {
            wanted = false;
            long waitNanos = runOnce();
            if (waitNanos > 0 && !stopping && !wanted) {
                LockSupport.parkNanos(this, waitNanos);
                boolean ignored = Thread.interrupted(); // an interrupt wakes it, and says nothing else
            }
        }
    }

    /** The flag stays where the permit may go: a thread that waits for a lock takes what was meant to wake it from its rest. */
    private void wake() {
        wanted = true;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /**
     * Does what is due: retries a failed write, makes the next segment, seals full ones, syncs as the policy says.
     * Called by the log's thread; by somebody else when it has none.
     *
     * @return nanoseconds until something may be due again, unless something is written before
     */
    public long runOnce() {
        if (failure != null) {
            return IDLE_NANOS;
        }
        if (writeFailure != null) {
            retry();
        }
        if ((preparationWanted || preparationFailed) && prepared == null) {
            prepareSegment();
        }
        long waitNanos = IDLE_NANOS;
        switch (policy) {
            case ALWAYS -> {
                sync(true);
                if (appended > synced && failure == null) {
                    waitNanos = 0;
                }
            }
            case EVERYSEC -> {
                sync(nanosToNextSync() <= 0);
                waitNanos = Math.max(0, nanosToNextSync()); // from start to start, however long a sync takes
            }
            case NO -> sync(false);
        }
        return writeFailure != null || preparationFailed ? Math.min(waitNanos, retryIntervalNanos) : waitNanos;
    }

    private long nanosToNextSync() {
        return lastSyncStartNanos + syncIntervalNanos - options.nanoClock().getAsLong();
    }

    private void retry() {
        if (!hasSegment()) {
            prepareSegment();
        }
        if (hasSegment()) {
            try {
                append();
            } catch (IOException e) {
                assert writeFailure != null || failure != null : e; // told and counted by append
            }
        }
    }

    /**
     * Makes everything appended before the call durable, whatever the policy.
     *
     * @throws CommitLogFailedException when that failed, now or earlier
     */
    public void sync() throws CommitLogFailedException {
        sync(true);
        IOException failed = failure;
        if (failed != null) {
            throw new CommitLogFailedException(failed);
        }
    }

    /** Seals full segments and, if {@code currentToo}, syncs the current one; tells of the outcome. */
    private void sync(boolean currentToo) {
        List<Path> sealedNow = new ArrayList<>(0);
        boolean advanced = false;
        IOException problem = null;
        syncLock.lock();
        try {
            advanced = failure == null && syncLocked(currentToo, sealedNow);
        } catch (IOException e) {
            problem = e;
            noteError(e);
            failure = e;
        } finally {
            syncLock.unlock();
        }
        for (Path file : sealedNow) {
            listener.segmentSealed(file);
        }
        if (problem != null) {
            listener.failed(problem);
        } else if (advanced) {
            listener.synced(synced);
        }
    }

    private boolean syncLocked(boolean currentToo, List<Path> sealedNow) throws IOException {
        List<SegmentWriter> toSeal;
        SegmentWriter toSync;
        long target;
        long startNanos = options.nanoClock().getAsLong();
        synchronized (stateLock) {
            toSeal = full.isEmpty() ? List.of() : List.copyOf(full);
            toSync = currentToo && appended > synced ? current : null;
            if (toSync != null) {
                target = appended;
                syncing = true;
                syncingSinceNanos = unsyncedSinceNanos;
                unsynced = false;
            } else {
                target = toSeal.isEmpty() ? synced : toSeal.getLast().endPosition();
            }
        }
        if (currentToo) {
            lastSyncStartNanos = startNanos;
        }
        if (toSeal.isEmpty() && toSync == null) {
            return false;
        }
        for (SegmentWriter segment : toSeal) {
            segment.seal();
            sealedNow.add(segment.path());
        }
        if (toSync != null && toSync.hasFrames()) {
            toSync.sync();
        }
        long tookNanos = options.nanoClock().getAsLong() - startNanos;
        synchronized (stateLock) {
            syncCount++;
            syncNanos += tookNanos;
            lastSyncNanos = tookNanos;
            for (SegmentWriter segment : toSeal) {
                full.remove(segment);
                sealed.put(segment.id(), segment.sealed());
            }
            if (toSync != null) {
                syncing = false;
            }
            synced = Math.max(synced, target);
            if (synced == appended) {
                unsynced = false;
            }
        }
        return true;
    }

    // ---- what others may know

    /** End of what has been written to files. */
    public long appendedPosition() {
        return appended;
    }

    /** End of what would survive a power cut. */
    public long syncedPosition() {
        return synced;
    }

    /**
     * A place for the manifest: whatever is added after this call will be found by a replay from here. What was added
     * before the call may be too.
     */
    public LogPosition position() {
        return LogPosition.of(appended);
    }

    /** Whether writes can be taken. When not, {@link #unwritableReason} says why. */
    public boolean writable() {
        return writeFailure == null && failure == null;
    }

    /** Why writes are refused now, or null. */
    public @Nullable IOException unwritableReason() {
        IOException failed = failure;
        return failed != null ? failed : writeFailure;
    }

    /** Why the log has failed for good, or null. */
    public @Nullable IOException failure() {
        return failure;
    }

    /** Age of the oldest write that is not durable yet; 0 when there is none, and under {@link SyncPolicy#NO}. */
    public long syncLagMillis() {
        if (policy == SyncPolicy.NO) {
            return 0;
        }
        long now = options.nanoClock().getAsLong();
        synchronized (stateLock) {
            long sinceNanos = syncing ? syncingSinceNanos : unsynced ? unsyncedSinceNanos : now;
            return Math.max(0, (now - sinceNanos) / 1_000_000);
        }
    }

    public SyncPolicy policy() {
        return policy;
    }

    /** Changes the sync policy from now on. */
    public void policy(SyncPolicy newPolicy) {
        policy = newPolicy;
        wake();
    }

    /** Bytes of all segments' frames, and of what frames them. */
    public long bytes() {
        synchronized (stateLock) {
            long bytes = current == null ? 0 : current.end();
            for (SegmentWriter segment : full) {
                bytes += segment.end();
            }
            for (Recovery.Segment segment : sealed.values()) {
                bytes += segment.size();
            }
            return bytes;
        }
    }

    /** How many segments hold frames. */
    public int segments() {
        synchronized (stateLock) {
            return sealed.size() + full.size() + (current == null ? 0 : 1);
        }
    }

    public CommitLogStatistics statistics() {
        synchronized (stateLock) {
            return new CommitLogStatistics(
                    appendCount,
                    entryCount,
                    byteCount,
                    failedAppendCount,
                    syncCount,
                    syncNanos,
                    lastSyncNanos,
                    replayedFrames,
                    replayedEntries,
                    cutBytes,
                    lastError);
        }
    }

    // ---- letting go

    /**
     * Deletes the segments all of whose frames lie before {@code position}, which a manifest, durable by now, names as
     * the place to replay from.
     */
    public void releaseBefore(LogPosition position) throws IOException {
        sync(false); // a full segment can go once it is sealed
        List<Map.Entry<Long, Recovery.Segment>> released;
        synchronized (stateLock) {
            NavigableMap<Long, Recovery.Segment> before = sealed.headMap(position.segmentId(), false);
            released = List.copyOf(before.entrySet());
            before.clear();
        }
        for (int i = 0; i < released.size(); i++) {
            Path file = released.get(i).getValue().path();
            try {
                fileSystem.delete(file);
            } catch (IOException e) {
                putBack(released.subList(i, released.size()));
                throw e;
            }
            listener.segmentDeleted(file);
        }
    }

    private void putBack(List<Map.Entry<Long, Recovery.Segment>> segments) {
        synchronized (stateLock) {
            for (Map.Entry<Long, Recovery.Segment> segment : segments) {
                sealed.put(segment.getKey(), segment.getValue());
            }
        }
    }

    /**
     * Writes what is pending, makes everything durable, seals the last segment.
     *
     * <p>Nobody adds or appends any more; called by one thread, again without effect.
     *
     * @throws IOException when any of that failed; files and memory are freed all the same
     */
    @Override
    public void close() throws IOException {
        IOException problem = null;
        if (isClosed()) {
            return;
        }
        // First the thread, which would go on retrying a failed write after the log is closed.
        stopping = true;
        joinThread();
        try {
            append();
        } catch (IOException e) {
            problem = e;
        }
        appendLock.lock();
        try {
            closed = true;
        } finally {
            appendLock.unlock();
        }
        try {
            closeSegments();
        } catch (IOException e) {
            problem = e;
        }
        IOException failed = failure;
        if (failed != null) {
            problem = new CommitLogFailedException(failed);
        }
        closeBuffers();
        if (problem != null) {
            throw problem;
        }
    }

    /** Frees files and memory as they are; nothing more is written. As {@link #close} otherwise. */
    public void abandon() throws IOException {
        if (isClosed()) {
            return;
        }
        stopping = true;
        joinThread();
        List<SegmentWriter> open = new ArrayList<>();
        appendLock.lock();
        try {
            closed = true;
        } finally {
            appendLock.unlock();
        }
        synchronized (stateLock) {
            open.addAll(full);
            if (current != null) {
                open.add(current);
            }
            if (prepared != null) {
                open.add(prepared);
            }
        }
        try {
            for (SegmentWriter segment : open) {
                segment.close();
            }
        } finally {
            closeBuffers();
        }
    }

    private void closeBuffers() {
        writeLock.lock();
        try {
            pending.close();
        } finally {
            writeLock.unlock();
        }
        writing.close();
    }

    private boolean isClosed() {
        appendLock.lock();
        try {
            return closed;
        } finally {
            appendLock.unlock();
        }
    }

    private void closeSegments() throws IOException {
        List<SegmentWriter> unused = new ArrayList<>();
        synchronized (stateLock) {
            if (prepared != null) {
                unused.add(prepared);
                prepared = null;
            }
            if (current != null) {
                (current.hasFrames() ? full : unused).add(current);
                current = null;
            }
        }
        sync(false);
        for (SegmentWriter segment : unused) {
            segment.close();
            fileSystem.delete(segment.path());
        }
        if (failure != null) {
            for (SegmentWriter segment : full) {
                segment.close();
            }
        }
    }

    private void joinThread() {
        if (thread == null || thread == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        wake();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
