package io.ringtail.engine;

import io.ringtail.engine.commitlog.CommitLog;
import io.ringtail.engine.commitlog.CommitLogListener;
import io.ringtail.engine.commitlog.CommitLogOptions;
import io.ringtail.engine.commitlog.CommitLogReplay;
import io.ringtail.engine.commitlog.CommitLogStatistics;
import io.ringtail.engine.commitlog.LogPosition;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.CompactionOptions;
import io.ringtail.engine.compaction.CompactionPacer;
import io.ringtail.engine.compaction.CompactionResult;
import io.ringtail.engine.compaction.CompactionRunner;
import io.ringtail.engine.compaction.Horizon;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.manifest.ManifestState;
import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.ClearFloors;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.BlockCache;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableContext;
import io.ringtail.engine.sstable.SstableOptions;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One node's data: opens and wires commit log, memtables, tables and their maintenance.
 *
 * <p>Opened and closed by the server. Everything here is safe for concurrent use unless it says which lock its caller holds; threads read through a
 * {@link StoreSession} each.
 *
 * <p>A write merges into the active memtable and into the log's pending frame, both under the write lock; {@link #append} then hands the frame to the log,
 * once for many writes.
 * A full memtable is replaced at once by one that was prepared, and written out by the flusher. Whatever changes what the
 * store consists of puts a new {@link View} in place of the old one.
 *
 * <p>Longer than most classes here because it is where the rooms meet: it wires and installs, and decides little.
 *
 * Invariants:
 *
 * <ol>
 *   <li>A record is merged into a memtable before it is added to the log. So all that a memtable holds is in the log at or after the
 *       memtable's {@code logStart}, and the log before the oldest memtable's may go.
 *   <li>The view changes under the write lock only; the manifest under the manifest lock only, and before the view that reflects it.
 *   <li>A flush is installed only after everything that was written by then is in the log and synced: what was written in one holding of the write lock, a
 *       transaction for example, survives a power cut whole or not at all though it fell into two memtables.
 * </ol>
 */
public final class Store implements Closeable {
    private static final long SYNC_LAG_SLOWED_MILLIS = 1_500;
    private static final long SYNC_LAG_HELD_MILLIS = 1_800;
    /** Full memtables beyond what is allowed, while writers are slowed as much as can be, at which they are refused. */
    private static final int UNFLUSHED_MAX = 4;
    /**
     * Full memtables beyond what is allowed that replay of the log may leave when the disk is full: what a running store may have, and two more, since
     * what is under way when writes begin to be refused still gets in, and since the memtables of a replay end elsewhere.
     */
    private static final int REPLAYED_UNFLUSHED_MAX = UNFLUSHED_MAX + 2;

    private static final long THROTTLE_NANOS_MAX = 50_000_000;

    private final StoreOptions options;
    private final StoreListener listener;
    private final ReentrantLock writeLock = new ReentrantLock();
    private final StoreDirectory directory;
    private final BlockCache blockCache;
    private final SstableContext tableContext;
    private final Reclaimer reclaimer;
    private final CompactionPacer compactionPacer = new CompactionPacer(CompactionPacer.UNLIMITED);
    private final CompactionOptions compactionOptions;
    private final CompactionRunner tableWriter;
    private final Flusher flusher;
    private final Compactor compactor;
    private final CommitLog log;
    private final Writability writability;
    private final long recoveryNanos;

    // Guarded by writeLock.
    private boolean replaying = true;
    /** Why what was replayed could not be flushed, and how many full memtables there were then; used by the thread that opens the store. */
    private @Nullable IOException replayFlushFailure;

    private int replayUnflushed;
    private @Nullable Memtable spare;
    private MergeListener mergeListener = MergeListener.NONE;
    private boolean closed;

    private volatile View view;
    private volatile SyncPolicy syncPolicy;
    private volatile TombstoneRule tombstoneRule;

    @SuppressWarnings("NullAway.Init") // the view is put in place before anything reads it
    private Store(StoreOptions options, StoreListener listener, StoreDirectory directory, Reclaimer reclaimer)
            throws IOException {
        final long startNanos = options.sources().nanos().getAsLong();
        this.options = options;
        this.listener = listener;
        this.directory = directory;
        this.reclaimer = reclaimer;
        this.syncPolicy = options.syncPolicy();
        this.tombstoneRule = options.tombstoneRule();
        blockCache = new BlockCache(options.blockCacheBytes());
        tableContext = new SstableContext(
                options.fileSystem(),
                blockCache,
                reclaimer,
                (path, e) -> listener.backgroundFailure("delete " + path, e));
        compactionOptions = compactionOptions(options);
        tableWriter = new CompactionRunner(
                options.fileSystem(),
                directory.tables(),
                directory.state().storeId(),
                directory::newFileId,
                compactionOptions,
                compactionPacer);
        flusher = new Flusher(this, options);
        compactor = new Compactor(this, options);
        List<Sstable> tables = directory.openTables(tableContext);
        view = new View(
                new MemtableHandle(new Memtable(options.memtableBytes()), replayStart()),
                List.of(),
                tables,
                floors(directory.state()));
        tables.forEach(Sstable::release);
        try {
            log = openLog();
        } catch (IOException | RuntimeException e) {
            releaseView(view);
            throw e;
        }
        writability = new Writability(log, listener);
        replaying = false;
        if (flusher.flushes() > 0 || !view.full.isEmpty()) {
            rotateReplayed();
        }
        recoveryNanos = options.sources().nanos().getAsLong() - startNanos;
        tellFullDisk();
        flusher.start();
        compactor.start();
    }

    /**
     * Opens the store in a directory, which is created when missing; replays its log.
     *
     * @throws io.ringtail.engine.io.CorruptionException when what was durable is damaged
     * @throws IOException when the directory is not usable or another process has it open
     */
    public static Store open(StoreOptions options, StoreListener listener) throws IOException {
        StoreDirectory directory = StoreDirectory.open(
                options.fileSystem(), options.directory(), options.sources().randoms());
        Reclaimer reclaimer = new Reclaimer(options.threads());
        try {
            return new Store(options, listener, directory, reclaimer);
        } catch (IOException | RuntimeException e) {
            reclaimer.stop();
            directory.close();
            throw e;
        }
    }

    private LogPosition replayStart() {
        ManifestState state = directory.state();
        return new LogPosition(state.logSegment(), state.logOffset());
    }

    private static CompactionOptions compactionOptions(StoreOptions options) {
        CompactionOptions defaults = CompactionOptions.DEFAULT;
        return new CompactionOptions(
                options.compactionScaling(),
                Math.max(1, options.memtableBytes() / 2),
                options.tableBytes(),
                defaults.maxInputs(),
                defaults.garbageRatio(),
                defaults.clockSkewMillis(),
                SstableOptions.DEFAULT.withCompression(options.compression()));
    }

    private static ClearFloors floors(ManifestState state) {
        ClearFloors floors = ClearFloors.NONE;
        for (Map.Entry<Integer, Long> floor : state.clearFloors().entrySet()) {
            floors = floors.raise(floor.getKey(), floor.getValue());
        }
        return floors;
    }

    private CommitLog openLog() throws IOException {
        CommitLogReplay replay = new CommitLogReplay() {
            @Override
            public void record(Key key, Record record) throws IOException {
                writeLock.lock();
                try {
                    putIntoMemtable(key, record, false);
                } finally {
                    writeLock.unlock();
                }
                flushReplayed();
            }

            @Override
            public void clear(int database, long hlc) {
                raiseFloor(database, hlc);
            }
        };
        return CommitLog.open(
                options.fileSystem(),
                directory.log(),
                CommitLogOptions.of(directory.state().storeId(), options.threads())
                        .withPolicy(options.syncPolicy())
                        .withSegmentSize(options.logSegmentBytes())
                        .withSources(options.sources().nanos(), options.sources().randoms()),
                replayStart(),
                replay,
                writeLock,
                new LogEvents());
    }

    /**
     * Writes out what was replayed, so that the memtables of a log of whatever size are within bounds. On a full disk they stay in memory, as they were when
     * the log was written: reading has to go on, and only reading can.
     */
    private void flushReplayed() throws IOException {
        while (view.full.size() > options.fullMemtablesMax() && view.full.size() != replayUnflushed) {
            try {
                flusher.flushOldest();
            } catch (DiskFullException e) {
                replayFlushFailure = e;
                replayUnflushed = view.full.size();
                if (replayUnflushed > options.fullMemtablesMax() + REPLAYED_UNFLUSHED_MAX) {
                    throw new IOException(
                            "%s has no room to write out what the commit log holds, which is more than %d memtables of %d bytes: make room, or start with the memory limit that it was written with"
                                    .formatted(options.directory(), replayUnflushed - 1, options.memtableBytes()),
                            e);
                }
            }
        }
    }

    // ---- reading

    /** A way in for one thread. */
    public StoreSession session() {
        return new StoreSession(this);
    }

    View view() {
        return view;
    }

    View retainView() {
        while (true) {
            View current = view;
            if (current.tryRetain()) {
                return current;
            }
        }
    }

    void releaseView(View held) {
        if (held.release()) {
            reclaimer.execute(held::free);
        }
    }

    // ---- writing

    /** What serializes writers: {@link StoreSession#merge} and {@link #clear} are called under it. Taken before any of the store's other short locks. */
    public ReentrantLock writeLock() {
        return writeLock;
    }

    /** Why writes are refused now, in words fit for a client; null when they are taken. Costs a few volatile reads. */
    public @Nullable String refusal() {
        if (view.full.size() > options.fullMemtablesMax() + UNFLUSHED_MAX) {
            return "MISCONF writes are refused until memory has been written out: the disk does not keep up";
        }
        return writability.refusal();
    }

    /** @param isWhole whether the record has in it all that the active memtable holds of the key */
    void merge(Key key, Record record, boolean isWhole) {
        assert writeLock.isHeldByCurrentThread();
        putIntoMemtable(key, record, isWhole);
        log.add(key, record);
        mergeListener.merged(key.token());
    }

    /** Merges into the active memtable what nothing older hides, and into the log if that changed anything; the caller holds the write lock. */
    Memtable.Outcome accept(Key key, Record record) {
        assert writeLock.isHeldByCurrentThread();
        Memtable.Outcome outcome = view.active.memtable.accept(key, record);
        switch (outcome) {
            case MERGED, REFUSED_MERGED -> {
                log.add(key, record);
                mergeListener.merged(key.token());
            }
            case NO_ROOM -> rotate(Memtable.capacityFor(key.size(), record.size()));
            case UNCHANGED, REFUSED -> {}
        }
        return outcome;
    }

    private void putIntoMemtable(Key key, Record record, boolean isWhole) {
        Memtable active = view.active.memtable;
        if (isWhole ? active.replace(key, record) : active.merge(key, record)) {
            return;
        }
        rotate(Memtable.capacityFor(key.size(), record.size()));
        if (!view.active.memtable.merge(key, record)) {
            throw new AssertionError("an empty memtable of " + view.active.memtable.capacityBytes()
                    + " bytes has no room for " + record.size());
        }
    }

    /** Has {@code listener} told of every change from now on, in place of the one before. */
    public void mergeListener(MergeListener listener) {
        writeLock.lock();
        try {
            mergeListener = listener;
        } finally {
            writeLock.unlock();
        }
    }

    /** Makes void all that a database holds, up to and including a hybrid time. The caller holds the write lock. */
    public void clear(int database, long hlc) {
        assert writeLock.isHeldByCurrentThread();
        raiseFloor(database, hlc);
        log.addClear(database, hlc);
        mergeListener.cleared(database);
    }

    private void raiseFloor(int database, long hlc) {
        writeLock.lock();
        try {
            View current = view;
            replaceView(current.active, current.full, current.tables, current.floors.raise(database, hlc));
        } finally {
            writeLock.unlock();
        }
        compactor.wake();
    }

    /** Has all that was replayed flushed, so that the log it came from can go and is not replayed, and flushed, at the next start again. */
    private void rotateReplayed() {
        writeLock.lock();
        try {
            if (!view.active.memtable.isEmpty()) {
                rotate(0);
            }
        } finally {
            writeLock.unlock();
        }
    }

    /** Has a memtable written out, if nothing has had it already. */
    void rotateIfActive(MemtableHandle handle) {
        writeLock.lock();
        try {
            if (view.active == handle && !closed) {
                rotate(0);
            }
        } finally {
            writeLock.unlock();
        }
    }

    /** Puts an empty memtable in the active one's place. The caller holds the write lock. */
    private void rotate(long capacityNeeded) {
        Memtable fresh = spare;
        spare = null;
        if (fresh == null || fresh.capacityBytes() < capacityNeeded) {
            if (fresh != null) {
                fresh.close();
            }
            fresh = new Memtable(Math.max(options.memtableBytes(), capacityNeeded));
        }
        View current = view;
        LogPosition start = replaying ? replayStart() : log.position();
        List<MemtableHandle> full = new ArrayList<>(current.full.size() + 1);
        full.add(current.active);
        full.addAll(current.full);
        replaceView(new MemtableHandle(fresh, start), full, current.tables, current.floors);
        flusher.wake();
    }

    /** The caller holds the write lock. */
    private void replaceView(MemtableHandle active, List<MemtableHandle> full, List<Sstable> tables, ClearFloors floors) {
        View old = view;
        view = new View(active, full, tables, floors);
        releaseView(old);
    }

    /** Whether a turn has left anything for {@link #append}. */
    public boolean hasPending() {
        writeLock.lock();
        try {
            return log.hasPending();
        } finally {
            writeLock.unlock();
        }
    }

    /** Bytes that wait for {@link #append}. The caller holds the write lock. */
    public int pendingBytes() {
        return log.pendingBytes();
    }

    /**
     * Hands all that was merged so far to the log, as one frame; returns the position that covers it. Not to be called under the write lock.
     *
     * @throws IOException when the log could not take it yet; it is kept, and {@link #refusal} says so until it has
     */
    public long append() throws IOException {
        return log.append();
    }

    /**
     * The position that has to be durable before a turn's replies may go out; 0 when there is nothing to wait for, or waiting would be in vain, see {@link
     * #isReadOnlyForGood}.
     *
     * <p>With {@link SyncPolicy#ALWAYS} that is all that has been written until now, since what was read may be another's write. With {@link
     * SyncPolicy#EVERYSEC} it is that only for turns that {@code wrote}, and while a sync is so late that acknowledging more could lose more than two seconds'
     * worth.
     */
    public long durabilityToAwait(boolean wrote) {
        boolean waits =
                switch (syncPolicy) {
                    case ALWAYS -> true;
                    case EVERYSEC -> wrote && log.syncLagMillis() > SYNC_LAG_HELD_MILLIS;
                    case NO -> false;
                };
        if (!waits || log.failure() != null) {
            return 0;
        }
        long appended = log.appendedPosition();
        return appended > log.syncedPosition() ? appended : 0;
    }

    /** Whether a sync of the log has failed: whoever wrote and was given nothing to wait for cannot be told that it is kept. */
    public boolean isReadOnlyForGood() {
        return log.failure() != null;
    }

    /** What is durable. */
    public long durablePosition() {
        return log.syncedPosition();
    }

    /** Makes all that was appended durable, now, whatever the policy. */
    public void awaitDurable() throws IOException {
        log.sync();
    }

    public SyncPolicy syncPolicy() {
        return syncPolicy;
    }

    public void syncPolicy(SyncPolicy policy) {
        syncPolicy = policy;
        log.policy(policy);
    }

    /**
     * How long a writer should pause after an append, so that flushing and syncing keep up: 0 as long as they do, and more the further they fall behind,
     * up to 50 ms. Always 0 without threads: a pause would not help.
     */
    public long throttleNanos() {
        if (options.threads() == null) {
            return 0;
        }
        View current = view;
        int behind = current.full.size() - (options.fullMemtablesMax() - 1);
        long nanos = 0;
        if (behind > 0) {
            double fill = (double) current.active.memtable.usedBytes() / current.active.memtable.capacityBytes();
            nanos = behind > 1 ? THROTTLE_NANOS_MAX : (long) (fill * fill * THROTTLE_NANOS_MAX / 10);
        }
        if (syncPolicy == SyncPolicy.EVERYSEC) {
            long lagMillis = log.syncLagMillis();
            if (lagMillis > SYNC_LAG_SLOWED_MILLIS) {
                nanos = Math.max(nanos, Math.min(THROTTLE_NANOS_MAX, (lagMillis - SYNC_LAG_SLOWED_MILLIS) * 100_000));
            }
        }
        return nanos;
    }

    /** What replicas may still hold that keeps this store from forgetting. */
    public TombstoneRule tombstoneRule() {
        return tombstoneRule;
    }

    /** Changes the rule; what is being compacted meanwhile goes by the one before. To be called before anybody else may hold what this store holds. */
    public void tombstoneRule(TombstoneRule rule) {
        tombstoneRule = rule;
        compactor.wake();
    }

    /**
     * Does one step of what is due, in a store {@linkplain StoreOptions#withoutThreads without threads}: syncs the log as the policy says, writes one full
     * memtable out, merges tables once, gives memory and files back. Called by one thread at a time, not under the write lock.
     *
     * @return whether there was anything to do; when not, there may be later, as time passes
     */
    public boolean runMaintenance() {
        if (options.threads() != null) {
            throw new IllegalStateException("the store has threads that do its maintenance");
        }
        long synced = log.syncedPosition();
        long ignored = log.runOnce();
        boolean did = log.syncedPosition() != synced;
        did |= flusher.runOnce();
        did |= compactor.runOnce();
        did |= reclaimer.runOnce();
        return did;
    }

    // ---- maintenance, called by the flusher and the compactor

    /** What may be taken for all there is, now; see {@link View#horizon}. */
    Horizon horizon(View of, @Nullable MemtableHandle flushed) {
        // The rule first: whoever makes it stricter does so before there can be anything that the older one overlooks.
        TombstoneRule rule = tombstoneRule;
        return of.horizon(flushed, options.sources().wallMillis().getAsLong(), rule);
    }

    StoreListener listener() {
        return listener;
    }

    /** Makes a memtable ahead of need, so that no writer waits for its memory to be prepared. */
    void prepareSpare() {
        writeLock.lock();
        try {
            if (spare != null || closed) {
                return;
            }
        } finally {
            writeLock.unlock();
        }
        Memtable fresh = new Memtable(options.memtableBytes());
        writeLock.lock();
        try {
            if (spare == null && !closed) {
                spare = fresh;
                return;
            }
        } finally {
            writeLock.unlock();
        }
        fresh.close();
    }

    /** Puts the tables written from the oldest full memtable in its place. */
    void installFlush(MemtableHandle flushed, List<Sstable> added) throws IOException {
        if (!replaying) {
            // Waits out whoever is writing, then makes all that was written durable.
            writeLock.lock();
            writeLock.unlock();
            log.append();
            log.sync();
        }
        ReentrantLock manifestLock = directory.manifestLock();
        manifestLock.lock();
        try {
            View current = view;
            int count = current.full.size();
            LogPosition start = (count > 1 ? current.full.get(count - 2) : current.active).logStart;
            install(state -> state.withLogPosition(start.segmentId(), start.offset()), List.of(), added, flushed);
        } finally {
            manifestLock.unlock();
        }
        if (!replaying) {
            log.releaseBefore(replayStart());
        }
        compactor.wake();
    }

    /** Something that makes new tables part of the store. */
    @FunctionalInterface
    interface Installation {
        void install(List<Sstable> tables) throws IOException;
    }

    /**
     * Opens the tables that a flush or a compaction has written and installs them. When that fails they are deleted, unless nobody knows whether a
     * restart would find them named in the manifest: then they stay, and are deleted as orphans if it does not.
     */
    void installOutputs(List<CompactionResult.Output> outputs, Installation installation) throws IOException {
        List<Sstable> tables = new ArrayList<>();
        boolean installed = false;
        try {
            for (CompactionResult.Output output : outputs) {
                tables.add(Sstable.open(tableContext, output.path(), output.fileId()));
            }
            installation.install(tables);
            installed = true;
        } finally {
            if (!installed && !directory.isUncertain()) {
                tables.forEach(Sstable::markObsolete);
                for (CompactionResult.Output output : outputs.subList(tables.size(), outputs.size())) {
                    options.fileSystem().delete(output.path());
                }
            }
            tables.forEach(Sstable::release);
        }
    }

    /** Writes tables: flushes and compactions. */
    CompactionRunner tableWriter() {
        return tableWriter;
    }

    CompactionOptions compactionOptions() {
        return compactionOptions;
    }

    /** Ends the compaction that is under way, and every later one. */
    void cancelCompaction() {
        compactionPacer.cancel();
    }

    /** Puts tables in the place of others. */
    void installCompaction(List<Sstable> removed, List<Sstable> added) throws IOException {
        directory.manifestLock().lock();
        try {
            install(UnaryOperator.identity(), removed, added, null);
        } finally {
            directory.manifestLock().unlock();
        }
        removed.forEach(Sstable::markObsolete);
    }

    /** The caller holds the manifest lock, and keeps its own references to the tables. */
    private void install(
            UnaryOperator<ManifestState> change,
            List<Sstable> removed,
            List<Sstable> added,
            @Nullable MemtableHandle flushed)
            throws IOException {
        View before = view;
        directory.install(
                state -> {
                    ManifestState next = change.apply(state)
                            .withTables(
                                    removed.stream().map(Sstable::fileId).toList(),
                                    added.stream().map(Sstable::fileId).toList());
                    for (int database = 0; database < before.floors.size(); database++) {
                        next = next.withClearFloor(database, before.floors.of(database));
                    }
                    return next;
                },
                maxHlc(before));
        writeLock.lock();
        try {
            View current = view;
            List<Sstable> tables = new ArrayList<>(current.tables);
            tables.removeAll(removed);
            tables.addAll(added);
            List<MemtableHandle> full = new ArrayList<>(current.full);
            full.remove(flushed);
            replaceView(current.active, full, tables, current.floors);
        } finally {
            writeLock.unlock();
        }
    }

    /** Has the flusher go on trying what the full disk kept the start from, and writes refused until then. */
    private void tellFullDisk() {
        IOException unbegun = directory.beginFailure();
        IOException problem = unbegun != null ? unbegun : replayFlushFailure;
        if (problem != null) {
            flushFailed(problem);
            flusher.wake();
        }
    }

    /** Makes up for what the start could not write to a full disk; whether there was anything. */
    boolean finishStart() throws IOException {
        return directory.begin();
    }

    /** Called when a flush has failed: from a certain backlog on, writes are refused until one succeeds. */
    void flushFailed(IOException cause) {
        listener.backgroundFailure("flush", cause);
        writability.flushFailed(cause, tooManyWait() || directory.beginFailure() != null);
    }

    /** Whether so many memtables wait for their flush that a failing one has writes refused. */
    boolean tooManyWait() {
        return view.full.size() > options.fullMemtablesMax();
    }

    void flushSucceeded() {
        writability.flushSucceeded();
    }

    private final class LogEvents implements CommitLogListener {
        private volatile boolean writeFailing;

        private void tellChange() {
            Writability known = writability;
            // Null while the log is being opened.
            if (known != null) {
                known.tellChange();
            }
        }

        @Override
        public void synced(long position) {
            listener.durable(position);
        }

        @Override
        public void failed(IOException cause) {
            listener.backgroundFailure("sync of the commit log", cause);
            tellChange();
            listener.durableNoMore();
        }

        @Override
        public void writeFailed(IOException cause) {
            if (!writeFailing) {
                // Once, and not for each of the attempts that follow, ten a second.
                writeFailing = true;
                listener.backgroundFailure("write to the commit log", cause);
            }
            tellChange();
        }

        @Override
        public void writableAgain() {
            writeFailing = false;
            tellChange();
        }

        @Override
        public void tornTailCut(Path file, long offset, long bytes, long wholeFrames) {
            listener.tornTailCut(file, offset, bytes);
        }
    }

    // ---- the whole

    /** Who this store's versions are by: node id and incarnation. */
    public long actor() {
        return directory.actor();
    }

    /** Who this store is, for as long as its directory lives: 48 bits, drawn when it was created. */
    public long nodeId() {
        return directory.nodeId();
    }

    /** A number that the store's owner keeps in it, 0 when it keeps none of that name; see {@link #keep}. */
    public long kept(long name) {
        return directory.state().attributes().getOrDefault(name, 0L);
    }

    /**
     * Keeps numbers with the data: all of them are durable when this returns, or, when it throws, those of before or these. Blocks on the disk.
     *
     * @param numbers by name; names below {@value StoreDirectory#ATTRIBUTES_OF_OTHERS} are the store's own
     */
    public void keep(Map<Long, Long> numbers) throws IOException {
        if (numbers.keySet().stream().anyMatch(name -> name < StoreDirectory.ATTRIBUTES_OF_OTHERS)) {
            throw new IllegalArgumentException("numbers of the store's own among " + numbers.keySet());
        }
        directory.manifestLock().lock();
        try {
            directory.install(
                    state -> {
                        ManifestState next = state;
                        for (Map.Entry<Long, Long> number : numbers.entrySet()) {
                            next = next.withAttribute(number.getKey(), number.getValue());
                        }
                        return next;
                    },
                    maxHlc());
        } finally {
            directory.manifestLock().unlock();
        }
    }

    /** The greatest hybrid time of anything in the store, now or at an earlier run; unsigned. */
    public long maxHlc() {
        return maxHlc(view);
    }

    /**
     * Whether nothing was ever written: no record, no floor, now or at an earlier run. Costs a few reads of memory. Exact while the caller holds the write lock.
     */
    public boolean isEmpty() {
        View current = view;
        return current.active.memtable.isEmpty()
                && current.full.isEmpty()
                && current.tables.isEmpty()
                && maxHlc(current) == 0;
    }

    private long maxHlc(View of) {
        long max = greater(directory.lastHlc(), greater(of.olderMaxHlc, of.active.memtable.maxHlc()));
        for (int database = 0; database < of.floors.size(); database++) {
            max = greater(max, of.floors.of(database));
        }
        return max;
    }

    private static long greater(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    /** Writes all that is in memory to tables; returns when that is done. */
    public void flush() throws IOException {
        writeLock.lock();
        try {
            if (!view.active.memtable.isEmpty()) {
                rotate(0);
            }
        } finally {
            writeLock.unlock();
        }
        flusher.awaitFlushed();
    }

    /** Merges tables until there is nothing to merge; for tests and tools. */
    public void compact() throws IOException {
        compactor.compactAll();
    }

    /** Whether anything is held in some ranges, deleted and ended things among it. Blocks on the disk. */
    public boolean holdsAny(TokenRanges ranges) throws IOException {
        try (StoreSession session = session()) {
            for (int i = 0; i < ranges.count(); i++) {
                try (RecordCursor cursor = session.scan(ranges.first(i), ranges.last(i))) {
                    if (cursor.next()) {
                        return true;
                    }
                }
            }
            return false;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Writes one table again without what lies in some ranges, or drops it when that is all it has. Called until there is none left, after a {@link #flush}, it drops whatever was
     * held there as if it had never been written; what is written while it is under way stays. Durable when it returns. Meanwhile readers may see some of it, and not what hid it. Blocks on the disk.
     *
     * @param ranges asked for once it is settled which tables there are
     * @param without tables, by file id, that are known to have nothing there; added to
     * @return false when there was no such table left
     */
    public boolean discardNext(Supplier<TokenRanges> ranges, Set<Long> without) throws IOException {
        return compactor.discardOnce(ranges, without);
    }

    public StoreStatistics statistics() {
        View current = retainView();
        try {
            CommitLogStatistics logged = log.statistics();
            long memtableBytes = current.active.memtable.usedBytes();
            long memtableEntries = current.active.memtable.entryCount();
            for (MemtableHandle handle : current.full) {
                memtableBytes += handle.memtable.usedBytes();
                memtableEntries += handle.memtable.entryCount();
            }
            long tableBytes = 0;
            long tableEntries = 0;
            long lookupBytes = 0;
            for (Sstable table : current.tables) {
                tableBytes += table.bytes();
                tableEntries += table.properties().entries();
                lookupBytes += table.lookupBytes();
            }
            return new StoreStatistics(
                    memtableBytes,
                    memtableEntries,
                    current.full.size(),
                    blockCache.bytes(),
                    blockCache.hits(),
                    blockCache.misses(),
                    current.tables.size(),
                    tableBytes,
                    tableEntries,
                    lookupBytes,
                    log.bytes(),
                    logged.bytes(),
                    logged.syncs(),
                    logged.lastSyncNanos(),
                    log.appendedPosition() - log.syncedPosition(),
                    log.syncLagMillis(),
                    logged.replayedEntries(),
                    recoveryNanos,
                    flusher.flushes(),
                    flusher.bytesWritten(),
                    compactor.compactions(),
                    compactor.bytesRead(),
                    compactor.bytesWritten(),
                    flusher.isRunning(),
                    compactor.isRunning());
        } finally {
            releaseView(current);
        }
    }

    /**
     * Gives the store up as if its process had died: nothing more is written, memory and threads are freed. Nobody may use the store or its sessions
     * afterwards. For simulations; what a flush or compaction of a store with threads is writing just now may still be written.
     */
    public void abandon() throws IOException {
        if (!beginClosing()) {
            return;
        }
        try {
            compactor.stop();
            flusher.stop();
            log.abandon();
        } finally {
            free();
        }
    }

    /** Makes all that was written durable and closes the files. Nobody may use the store or its sessions afterwards. */
    @Override
    public void close() throws IOException {
        if (!beginClosing()) {
            return;
        }
        try {
            compactor.stop();
            flusher.stop();
            log.close();
            if (log.failure() == null) {
                directory.noteCleanStop(maxHlc());
            }
        } finally {
            free();
        }
    }

    /** Whether this call is the one that closes. */
    private boolean beginClosing() {
        writeLock.lock();
        try {
            boolean first = !closed;
            closed = true;
            return first;
        } finally {
            writeLock.unlock();
        }
    }

    private void free() throws IOException {
        Memtable unused = spare;
        if (unused != null) {
            unused.close();
        }
        releaseView(view);
        reclaimer.stop();
        directory.close();
    }
}
