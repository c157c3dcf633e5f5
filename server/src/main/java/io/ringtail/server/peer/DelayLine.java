package io.ringtail.server.peer;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Frames of one connection that {@link PeerFaults} hold back for a while, as a long way would. They leave in the order in which they came, each after its delay; one that
 * comes when there is no delay any more waits for those before it.
 *
 * <p>Made by the connection when it first has something to hold back. Confined to its event loop. What waits here counts towards {@code peer-queue-bytes}, as all that waits to be sent.
 */
final class DelayLine {
    /** Where a frame goes when its time has come. */
    interface Exit {
        void send(byte[] frame);
    }

    private record Held(long dueNanos, byte[] frame) {}

    private final Exit exit;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private long bytes;
    private boolean isScheduled;

    DelayLine(Exit exit) {
        this.exit = exit;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /** Bytes that wait. */
    long bytes() {
        return bytes;
    }

    void hold(EventLoop loop, byte[] payload, int offset, int size, int delayMillis) {
        byte[] frame = java.util.Arrays.copyOfRange(payload, offset, offset + size);
        held.add(new Held(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis), frame));
        bytes += size;
        schedule(loop);
    }

    private void schedule(EventLoop loop) {
        Held first = held.peek();
        if (first != null && !isScheduled) {
            isScheduled = true;
            loop.schedule(() -> release(loop), Math.max(0, first.dueNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    private void release(EventLoop loop) {
        isScheduled = false;
        long now = System.nanoTime();
        for (Held first = held.peek(); first != null && first.dueNanos - now <= 0; first = held.peek()) {
            held.remove();
            bytes -= first.frame.length;
            exit.send(first.frame);
        }
        schedule(loop);
    }

    /** Drops what has not been sent. */
    void clear() {
        held.clear();
        bytes = 0;
    }
}
