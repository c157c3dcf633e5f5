package io.ringtail.engine;

import io.ringtail.engine.compaction.CompactionPicker;
import io.ringtail.engine.compaction.CompactionResult;
import io.ringtail.engine.compaction.CompactionTask;
import io.ringtail.engine.compaction.Horizon;
import io.ringtail.engine.compaction.TableInfo;
import io.ringtail.engine.compaction.VoidMembers;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.ThreadNice;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.Sstable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Merges tables, one task at a time, on a thread of its own; when the store has no threads, whenever {@link #runOnce} is called.
 *
 * <p>One per store. Looks for work when a flush or a task has ended, when a database was cleared, and every second, because records expire meanwhile. What to
 * merge is {@link CompactionPicker}'s to say, how is {@link CompactionRunner}'s. {@link #wake}, {@link #compactAll} and the counters are safe for
 * concurrent use; one task runs at a time, guarded by {@code taskLock}.
 *
 * <p>A task that fails leaves its inputs as they were and is tried again after a while; damage found on the way is reported each time, and
 * what is damaged is never dropped.
 */
final class Compactor {
    private static final long IDLE_MILLIS = 1_000;
    private static final long RETRY_MILLIS = 10_000;

    private final Store store;
    private final @Nullable Thread thread;
    private final LongSupplier nanos;
    private final long memtableAgeNanos;
    private final Object taskLock = new Object();

    // Guarded by this.
    private boolean woken;
    private boolean stopping;
    /** Without a thread: when to look for work again, woken or not; woken does not count after a failure. */
    private long nextLookNanos;

    private boolean failed;

    // Guarded by taskLock.
    private final VoidMembers voidMembers;

    /** The active memtable since it has been seen not to be empty, and when that was. */
    private @Nullable MemtableHandle aging;

    private long agingSinceNanos;

    private volatile boolean running;
    private volatile long compactions;
    private volatile long bytesRead;
    private volatile long bytesWritten;

    Compactor(Store store, StoreOptions storeOptions) {
        this.store = store;
        this.voidMembers = new VoidMembers(store.compactionOptions());
        this.nanos = storeOptions.sources().nanos();
        this.memtableAgeNanos = TimeUnit.MILLISECONDS.toNanos(storeOptions.memtableAgeMillis());
        this.nextLookNanos = nanos.getAsLong();
        ThreadFactory threads = storeOptions.threads();
        this.thread = threads == null ? null : threads.newThread(this::run);
        if (thread != null) {
            thread.setName("store-compact");
        }
    }

    void start() {
        if (thread != null) {
            thread.start();
        }
    }

    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    private void run() {
        // Never urgent.
        boolean ignored = ThreadNice.yieldToOthers(10);
        long waitMillis = 0;
        while (await(waitMillis)) {
            waitMillis = IDLE_MILLIS;
            try {
                while (!isStopping() && compactOnce(false)) {
                    waitMillis = 0;
                }
            } catch (IOException e) {
                noteFailure(e);
                waitMillis = RETRY_MILLIS;
            }
        }
    }

    /** One task that is due, for a store without threads; whether there was one. */
    boolean runOnce() {
        synchronized (this) {
            long left = nextLookNanos - nanos.getAsLong();
            if (left > 0 && (!woken || failed)) {
                return false;
            }
            woken = false;
        }
        boolean did = false;
        boolean failedNow = false;
        try {
            did = compactOnce(false);
        } catch (IOException e) {
            noteFailure(e);
            failedNow = true;
        }
        synchronized (this) {
            woken |= did;
            failed = failedNow;
            nextLookNanos = nanos.getAsLong() + (failedNow ? RETRY_MILLIS : IDLE_MILLIS) * 1_000_000;
        }
        return did;
    }

    private void noteFailure(IOException e) {
        store.listener()
                .backgroundFailure(
                        e instanceof CorruptionException
                                ? "compaction met damage, nothing was dropped"
                                : "compaction",
                        e);
    }

    /** Waits to be woken, or for as long as said; false when the compactor is to stop. */
    private synchronized boolean await(long millis) {
        // After a failure, being woken does not cut the wait short: a full disk would be tried in a loop.
        long deadlineNanos = System.nanoTime() + millis * 1_000_000;
        while (!stopping && (!woken || millis == RETRY_MILLIS)) {
            long left = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                // Nobody interrupts this thread to any purpose; stop() sets its flag.
                continue;
            }
        }
        woken = false;
        return !stopping;
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    /** Runs tasks until there is none left; for callers who want it now. */
    void compactAll() throws IOException {
        while (compactOnce(true)) {
            if (isStopping()) {
                throw new IOException("the store is closed");
            }
        }
    }

    /** @param thorough whether to look into every table for members that are void, when nothing else is due, or into one */
    private boolean compactOnce(boolean thorough) throws IOException {
        synchronized (taskLock) {
            rotateWhenOld();
            View view = store.retainView();
            try {
                Horizon horizon = store.horizon(view, null);
                Optional<CompactionTask> task = pick(view, horizon);
                if (task.isEmpty()
                        && (thorough ? voidMembers.lookIntoAll(view.tables, horizon) : voidMembers.look(view.tables, horizon))) {
                    task = pick(view, horizon);
                }
                return task.isPresent() && execute(task.get(), view, horizon, TokenRanges.NONE, () -> TokenRanges.NONE);
            } finally {
                store.releaseView(view);
            }
        }
    }

    private Optional<CompactionTask> pick(View view, Horizon horizon) {
        List<TableInfo> tables = view.tables.stream().map(voidMembers::info).toList();
        return CompactionPicker.pick(tables, store.compactionOptions(), horizon, Set.of());
    }

    /** {@link Store#discardNext}. */
    boolean discardOnce(Supplier<TokenRanges> wanted, Set<Long> without) throws IOException {
        synchronized (taskLock) {
            if (isStopping()) {
                throw new IOException("the store is closed");
            }
            View view = store.retainView();
            try {
                // After the view: what is written once the caller has changed its mind is in none of these tables.
                TokenRanges ranges = wanted.get();
                for (Sstable table : view.tables) {
                    if (without.contains(table.fileId())) {
                        continue;
                    }
                    if (hasAny(table, ranges)) {
                        CompactionTask task = new CompactionTask(CompactionTask.Kind.DISCARD, -1, List.of(TableInfo.of(table)));
                        return execute(task, view, store.horizon(view, null), ranges, wanted);
                    }
                    without.add(table.fileId());
                }
                return false;
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } finally {
                store.releaseView(view);
            }
        }
    }

    private static boolean hasAny(Sstable table, TokenRanges ranges) {
        for (int i = 0; i < ranges.count(); i++) {
            if (Long.compareUnsigned(ranges.first(i), table.properties().maxToken()) <= 0
                    && Long.compareUnsigned(ranges.last(i), table.properties().minToken()) >= 0) {
                try (RecordCursor cursor = table.cursor(ranges.first(i), ranges.last(i))) {
                    if (cursor.next()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Has the active memtable written out when it has held something for long. */
    private void rotateWhenOld() {
        MemtableHandle active = store.view().active;
        if (active != aging) {
            aging = active.memtable.isEmpty() ? null : active;
            agingSinceNanos = nanos.getAsLong();
        } else if (aging != null && store.view().full.isEmpty() && nanos.getAsLong() - agingSinceNanos >= memtableAgeNanos) {
            store.rotateIfActive(active);
            aging = null;
        }
    }

    /** @param wanted what is to be discarded when it is done: if that is something else by then, the inputs stay as they are */
    private boolean execute(
            CompactionTask task, View view, Horizon horizon, TokenRanges discarded, Supplier<TokenRanges> wanted)
            throws IOException {
        List<Sstable> inputs = new ArrayList<>();
        List<Sstable> outside = new ArrayList<>();
        for (Sstable table : view.tables) {
            (task.inputIds().contains(table.fileId()) ? inputs : outside).add(table);
        }
        long startNanos = nanos.getAsLong();
        CompactionResult result;
        running = true;
        try {
            Optional<CompactionResult> ended = store.tableWriter().run(task, inputs, outside, horizon, discarded);
            if (ended.isEmpty()) {
                return false;
            }
            result = ended.get();
            store.installOutputs(result.outputs(), tables -> {
                if (wanted.get() != discarded) {
                    throw new IOException("what was to be dropped is kept after all");
                }
                store.installCompaction(inputs, tables);
            });
        } finally {
            running = false;
        }
        voidMembers.done(result);
        compactions = compactions + 1;
        bytesRead = bytesRead + result.bytesRead();
        bytesWritten = bytesWritten + result.bytesWritten();
        store.listener()
                .compacted(
                        inputs.size(),
                        result.outputs().size(),
                        result.bytesRead(),
                        result.bytesWritten(),
                        nanos.getAsLong() - startNanos);
        return true;
    }

    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        store.cancelCompaction();
        if (thread != null) {
            Threads.join(thread);
        }
    }

    long compactions() {
        return compactions;
    }

    long bytesRead() {
        return bytesRead;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    boolean isRunning() {
        return running;
    }
}
