package io.ringtail.server.peer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What messages that have not yet come whole occupy, of all peers together, and its bound: each alone may stay within {@code node-frame-bytes-max} and all together
 * still fill the heap. Safe for concurrent use.
 */
final class ReceiveMemory {
    /** Buffers up to this are not counted: the bound on connections bounds them. */
    static final int UNCOUNTED_BYTES = 64 << 10;

    private final AtomicLong occupied = new AtomicLong();
    private final long limitBytes;

    ReceiveMemory(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Half of the heap: what a message says has to fit beside it. */
    static ReceiveMemory ofHeap() {
        return new ReceiveMemory(Runtime.getRuntime().maxMemory() / 2);
    }

    /** Exchanges a buffer's size for another; false, and nothing changes, when that is too much. */
    boolean resize(int oldCapacity, int newCapacity) {
        long difference = counted(newCapacity) - counted(oldCapacity);
        if (occupied.addAndGet(difference) > limitBytes && difference > 0) {
            occupied.addAndGet(-difference);
            return false;
        }
        return true;
    }

    long occupiedBytes() {
        return occupied.get();
    }

    private static long counted(int capacity) {
        return capacity <= UNCOUNTED_BYTES ? 0 : capacity;
    }
}
