package io.ringtail.engine;

import io.ringtail.engine.commitlog.LogPosition;
import io.ringtail.engine.memtable.Memtable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A memtable, the place in the log from which its content can be replayed, and how many views hold it.
 *
 * <p>Made by the store. The counting is safe for concurrent use; the last release frees the memory.
 */
final class MemtableHandle {
    final Memtable memtable;
    final LogPosition logStart;
    private final AtomicInteger references = new AtomicInteger();

    MemtableHandle(Memtable memtable, LogPosition logStart) {
        this.memtable = memtable;
        this.logStart = logStart;
    }

    void retain() {
        references.incrementAndGet();
    }

    void release() {
        if (references.decrementAndGet() == 0) {
            memtable.close();
        }
    }
}
