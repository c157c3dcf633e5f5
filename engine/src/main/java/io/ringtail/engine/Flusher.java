package io.ringtail.engine;

import io.ringtail.engine.compaction.CompactionResult;
import io.ringtail.engine.io.ThreadNice;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes full memtables to tables, oldest first, on a thread of its own; when the store has no threads, whenever {@link #runOnce} is called.
 *
 * <p>One per store. {@link #wake}, {@link #awaitFlushed} and the counters are safe for concurrent use; {@link #flushOldest} is confined to the flusher's
 * thread, or, while the log is replayed and that thread does not run yet, to the thread that opens the store.
 *
 * <p>A flush that fails (a full disk) leaves nothing behind and is tried again every second; the memtable stays, and is read, as long as it takes.
 */
final class Flusher {
    private static final long RETRY_MILLIS = 1000;

    private final Store store;
    private final @Nullable Thread thread;
    private final LongSupplier nanos;

    // Guarded by this.
    private boolean woken;
    private boolean stopping;
    private @Nullable IOException lastFailure;
    private long retryAtNanos;

    private volatile boolean running;
    private volatile long flushes;
    private volatile long bytesWritten;

    Flusher(Store store, StoreOptions options) {
        this.store = store;
        this.nanos = options.sources().nanos();
        ThreadFactory threads = options.threads();
        this.thread = threads == null ? null : threads.newThread(this::run);
        if (thread != null) {
            thread.setName("store-flush");
        }
    }

    void start() {
        if (thread != null) {
            thread.start();
        }
    }

    /** Has the flusher look for work. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** One flush that is due, for a store without threads; whether there was one. */
    boolean runOnce() {
        synchronized (this) {
            if (lastFailure != null && nanos.getAsLong() - retryAtNanos < 0) {
                return false;
            }
        }
        try {
            boolean finished = finishStart();
            boolean flushed = flushOldest();
            if (flushed) {
                noteFlushed();
            }
            return flushed || finished;
        } catch (IOException e) {
            noteFailure(e);
            return true;
        }
    }

    /** Makes up for what a full disk kept the start from; whether there was anything. */
    private boolean finishStart() throws IOException {
        boolean finished = store.finishStart();
        if (finished && !store.tooManyWait()) {
            noteFlushed(); // else what is flushed next says whether there is room
        }
        return finished;
    }

    private void flushAllHere() throws IOException {
        try {
            while (flushOldest()) {
                noteFlushed();
            }
        } catch (IOException e) {
            noteFailure(e);
            throw e;
        }
    }

    /** Returns when every memtable that was full at the call is on disk. */
    void awaitFlushed() throws IOException {
        if (thread == null) {
            flushAllHere();
            return;
        }
        wake();
        List<MemtableHandle> waitedFor = store.view().full;
        synchronized (this) {
            lastFailure = null;
            while (store.view().full.stream().anyMatch(waitedFor::contains)) {
                IOException failure = lastFailure;
                if (failure != null) {
                    throw failure;
                }
                if (stopping) {
                    throw new IOException("the store is closed");
                }
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while waiting for a flush", e);
                }
            }
        }
    }

    private void run() {
        // Needed sooner or later, and throttled writers wait for it: somewhat below those who serve.
        boolean ignored = ThreadNice.yieldToOthers(5);
        while (awaitWork()) {
            store.prepareSpare();
            try {
                finishStart();
                while (!isStopping() && flushOldest()) {
                    noteFlushed();
                }
            } catch (IOException e) {
                noteFailure(e);
            }
        }
    }

    private synchronized boolean awaitWork() {
        boolean retrying = lastFailure != null;
        while (!woken && !stopping) {
            try {
                if (retrying) {
                    wait(RETRY_MILLIS);
                    break;
                }
                wait();
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

    private synchronized void noteFlushed() {
        lastFailure = null;
        notifyAll();
        store.flushSucceeded();
    }

    private synchronized void noteFailure(IOException failure) {
        lastFailure = failure;
        retryAtNanos = nanos.getAsLong() + RETRY_MILLIS * 1_000_000;
        notifyAll();
        store.flushFailed(failure);
    }

    /** Writes the oldest full memtable out; false when there is none. */
    boolean flushOldest() throws IOException {
        View view = store.retainView();
        running = true;
        try {
            if (view.full.isEmpty()) {
                return false;
            }
            flush(view.full.get(view.full.size() - 1), view);
            return true;
        } finally {
            running = false;
            store.releaseView(view);
        }
    }

    private void flush(MemtableHandle flushed, View view) throws IOException {
        long startNanos = nanos.getAsLong();
        List<CompactionResult.Output> outputs;
        try (RecordCursor cursor = flushed.memtable.cursor(0, -1)) {
            outputs = store.tableWriter().flush(cursor, view.tables, store.horizon(view, flushed));
        }
        store.installOutputs(outputs, tables -> store.installFlush(flushed, tables));
        long bytes = outputs.stream().mapToLong(output -> output.properties().storedBytes()).sum();
        bytesWritten = bytesWritten + bytes;
        flushes = flushes + 1;
        store.listener()
                .flushed(
                        flushed.memtable.entryCount(),
                        flushed.memtable.usedBytes(),
                        bytes,
                        nanos.getAsLong() - startNanos);
    }

    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        if (thread != null) {
            Threads.join(thread);
        }
    }

    long flushes() {
        return flushes;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    boolean isRunning() {
        return running;
    }
}
