package io.ringtail.engine;

import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableFiles;
import io.ringtail.engine.sstable.SstableOptions;
import io.ringtail.engine.sstable.SstableWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes full memtables to tables, oldest first, on a thread of its own.
 *
 * <p>One per store. {@link #wake}, {@link #awaitFlushed} and the counters are safe for concurrent use; {@link #flushOldest} is confined to the flusher's
 * thread, or, while the log is replayed and that thread does not run yet, to the thread that opens the store.
 *
 * <p>A flush that fails (a full disk) leaves nothing behind and is tried again every second; the memtable stays, and is read, as long as it takes.
 */
final class Flusher {
    private static final long RETRY_MILLIS = 1000;

    private final Store store;
    private final StoreOptions options;
    private final SstableOptions tableOptions;
    private final Thread thread;

    // Guarded by this.
    private boolean woken;
    private boolean stopping;
    private @Nullable IOException lastFailure;

    private volatile boolean running;
    private volatile long flushes;
    private volatile long bytesWritten;

    Flusher(Store store, StoreOptions options) {
        this.store = store;
        this.options = options;
        this.tableOptions = SstableOptions.DEFAULT.withCompression(options.compression());
        this.thread = options.threads().newThread(this::run);
    }

    void start() {
        thread.start();
    }

    /** Has the flusher look for work. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Returns when every memtable that was full at the call is on disk. */
    void awaitFlushed() throws IOException {
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
        while (awaitWork()) {
            store.prepareSpare();
            try {
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
        notifyAll();
        store.flushFailed(failure);
    }

    /** Writes the oldest full memtable out; false when there is none. */
    boolean flushOldest() throws IOException {
        List<MemtableHandle> full = store.view().full;
        if (full.isEmpty()) {
            return false;
        }
        MemtableHandle oldest = full.get(full.size() - 1);
        long startNanos = System.nanoTime();
        running = true;
        List<Sstable> tables = new ArrayList<>();
        List<Path> written = new ArrayList<>();
        boolean installed = false;
        try {
            writeTables(oldest.memtable, tables, written);
            store.installFlush(oldest, tables);
            installed = true;
            long bytes = tables.stream().mapToLong(Sstable::bytes).sum();
            bytesWritten = bytesWritten + bytes;
            flushes = flushes + 1;
            store.listener()
                    .flushed(
                            oldest.memtable.entryCount(),
                            oldest.memtable.usedBytes(),
                            bytes,
                            System.nanoTime() - startNanos);
        } finally {
            running = false;
            tables.forEach(Sstable::release);
            if (!installed) {
                deleteAll(written);
            }
        }
        return true;
    }

    /** Writes slices of the ring, each small enough for one table. */
    private void writeTables(Memtable memtable, List<Sstable> tables, List<Path> written) throws IOException {
        long wanted = Math.max(1, memtable.usedBytes() / options.tableBytes());
        int sliceBits = Math.min(14, 64 - Long.numberOfLeadingZeros(wanted - 1));
        try (RecordCursor cursor = memtable.cursor(0, -1)) {
            boolean more = cursor.next();
            while (more) {
                long slice = slice(cursor.key().token(), sliceBits);
                long id = store.newFileId();
                Path path = SstableFiles.path(store.tableDirectory(), id);
                written.add(path);
                try (SstableWriter writer = new SstableWriter(store.files(), path, store.storeId(), id, tableOptions)) {
                    do {
                        writer.add(cursor.key(), cursor.record());
                        more = cursor.next();
                    } while (more && slice(cursor.key().token(), sliceBits) == slice);
                    writer.finish();
                }
                tables.add(Sstable.open(store.tableContext(), path, id));
            }
        }
    }

    private static long slice(long token, int bits) {
        return bits == 0 ? 0 : token >>> (64 - bits);
    }

    private void deleteAll(List<Path> files) {
        for (Path file : files) {
            try {
                if (store.files().exists(file)) {
                    store.files().delete(file);
                }
            } catch (IOException e) {
                // The next start deletes it.
                store.listener().backgroundFailure("delete " + file, e);
            }
        }
    }

    void stop() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        Threads.join(thread);
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
