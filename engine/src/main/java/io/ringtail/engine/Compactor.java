package io.ringtail.engine;

import io.ringtail.engine.compaction.CompactionOptions;
import io.ringtail.engine.compaction.CompactionPacer;
import io.ringtail.engine.compaction.CompactionPicker;
import io.ringtail.engine.compaction.CompactionResult;
import io.ringtail.engine.compaction.CompactionRunner;
import io.ringtail.engine.compaction.CompactionTask;
import io.ringtail.engine.compaction.Horizon;
import io.ringtail.engine.compaction.TableInfo;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Merges tables, one task at a time, on a thread of its own.
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
    private static final int DATABASES = 256;

    private final Store store;
    private final CompactionOptions options;
    private final CompactionPacer pacer = new CompactionPacer(CompactionPacer.UNLIMITED);
    private final CompactionRunner runner;
    private final Thread thread;
    private final Object taskLock = new Object();

    // Guarded by this.
    private boolean woken;
    private boolean stopping;

    private volatile boolean running;
    private volatile long compactions;
    private volatile long bytesRead;
    private volatile long bytesWritten;

    Compactor(Store store, StoreOptions storeOptions) {
        this.store = store;
        SstableOptions tables = SstableOptions.DEFAULT.withCompression(storeOptions.compression());
        CompactionOptions defaults = CompactionOptions.DEFAULT;
        this.options = new CompactionOptions(
                storeOptions.compactionScaling(),
                Math.max(1, storeOptions.memtableBytes() / 2),
                storeOptions.tableBytes(),
                defaults.maxInputs(),
                defaults.garbageRatio(),
                defaults.clockSkewMillis(),
                tables);
        this.runner = new CompactionRunner(
                store.files(), store.tableDirectory(), store.storeId(), store::newFileId, options, pacer);
        this.thread = storeOptions.threads().newThread(this::run);
    }

    void start() {
        thread.start();
    }

    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    private void run() {
        long waitMillis = 0;
        while (await(waitMillis)) {
            waitMillis = IDLE_MILLIS;
            try {
                while (!isStopping() && compactOnce()) {
                    waitMillis = 0;
                }
            } catch (CorruptionException e) {
                store.listener().backgroundFailure("compaction met damage, nothing was dropped", e);
                waitMillis = RETRY_MILLIS;
            } catch (IOException e) {
                store.listener().backgroundFailure("compaction", e);
                waitMillis = RETRY_MILLIS;
            }
        }
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
        while (compactOnce()) {
            if (isStopping()) {
                throw new IOException("the store is closed");
            }
        }
    }

    private boolean compactOnce() throws IOException {
        synchronized (taskLock) {
            View view = store.retainView();
            try {
                Horizon horizon = horizon(view);
                List<TableInfo> tables = view.tables.stream().map(TableInfo::of).toList();
                Optional<CompactionTask> task = CompactionPicker.pick(tables, options, horizon, Set.of());
                return task.isPresent() && execute(task.get(), view, horizon);
            } finally {
                store.releaseView(view);
            }
        }
    }

    private boolean execute(CompactionTask task, View view, Horizon horizon) throws IOException {
        List<Sstable> inputs = new ArrayList<>();
        List<Sstable> outside = new ArrayList<>();
        for (Sstable table : view.tables) {
            (task.inputIds().contains(table.fileId()) ? inputs : outside).add(table);
        }
        long startNanos = System.nanoTime();
        running = true;
        List<Sstable> outputs = new ArrayList<>();
        boolean installed = false;
        Optional<CompactionResult> result = Optional.empty();
        try {
            result = runner.run(task, inputs, outside, horizon);
            if (result.isEmpty()) {
                return false;
            }
            for (CompactionResult.Output output : result.get().outputs()) {
                outputs.add(Sstable.open(store.tableContext(), output.path(), output.fileId()));
            }
            store.installCompaction(inputs, outputs);
            installed = true;
        } finally {
            running = false;
            if (!installed) {
                discard(result, outputs);
            }
            outputs.forEach(Sstable::release);
        }
        CompactionResult done = result.get();
        compactions = compactions + 1;
        bytesRead = bytesRead + done.bytesRead();
        bytesWritten = bytesWritten + done.bytesWritten();
        store.listener()
                .compacted(
                        inputs.size(),
                        outputs.size(),
                        done.bytesRead(),
                        done.bytesWritten(),
                        System.nanoTime() - startNanos);
        return true;
    }

    private void discard(Optional<CompactionResult> result, List<Sstable> opened) throws IOException {
        for (Sstable table : opened) {
            table.markObsolete();
        }
        if (result.isPresent()) {
            List<CompactionResult.Output> outputs = result.get().outputs();
            for (CompactionResult.Output output : outputs.subList(opened.size(), outputs.size())) {
                store.files().delete(output.path());
            }
        }
    }

    private static Horizon horizon(View view) {
        long minHlc = view.active.memtable.minHlc();
        for (MemtableHandle handle : view.full) {
            long other = handle.memtable.minHlc();
            minHlc = Long.compareUnsigned(other, minHlc) < 0 ? other : minHlc;
        }
        return horizon(view, minHlc);
    }

    /** What compaction, or a flush, may take for all there is. */
    static Horizon horizon(View view, long memtableMinHlc) {
        long[] floors = new long[DATABASES];
        for (int database = 0; database < view.floors.size(); database++) {
            floors[database] = view.floors.of(database);
        }
        return new Horizon(System.currentTimeMillis(), memtableMinHlc, floors, TombstoneRule.ALONE);
    }

    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        pacer.cancel();
        Threads.join(thread);
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
