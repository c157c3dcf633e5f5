package io.ringtail.server.command;

import io.ringtail.server.metrics.NodeUse;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What memory the process uses, at one moment.
 *
 * @param usedBytes heap in use, direct buffers, and what storage keeps off the heap
 * @param residentBytes of the process, as the system counts; 0 where that is not known
 */
record ServerMemory(
        long usedBytes,
        long heapUsedBytes,
        long heapCommittedBytes,
        long heapMaxBytes,
        long directBytes,
        long mappedBytes,
        long residentBytes) {
    private static final AtomicLong PEAK = new AtomicLong();
    private static final AtomicLong START = new AtomicLong();

    static ServerMemory now(DataStatistics data) {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        long direct = 0;
        long mapped = 0;
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                direct = pool.getMemoryUsed();
            } else {
                mapped += pool.getMemoryUsed();
            }
        }
        long used = heap.getUsed() + direct + data.memtableBytes() + data.indexBytes();
        PEAK.accumulateAndGet(used, Math::max);
        START.compareAndSet(0, used);
        return new ServerMemory(
                used, heap.getUsed(), heap.getCommitted(), heap.getMax(), direct, mapped, NodeUse.residentBytes());
    }

    /** The most that was ever seen in use. */
    static long peakBytes() {
        return PEAK.get();
    }

    /** What was in use when first looked at. */
    static long startBytes() {
        return START.get();
    }

    /** {@code MEMORY PURGE}. */
    static void collect(Call call) {
        System.gc();
        call.reply().ok();
    }
}
