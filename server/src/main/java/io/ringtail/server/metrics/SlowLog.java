package io.ringtail.server.metrics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The newest commands that took long, at most {@code maxSize} of them. Guarded by itself; asking for the threshold is one volatile read. */
public final class SlowLog {
    /** Most arguments, and bytes of each, that an entry keeps. */
    public static final int MAX_ARGUMENTS = 32;

    public static final int MAX_ARGUMENT_BYTES = 128;

    /** One slow command. */
    public record Entry(
            long id, long unixSeconds, long durationMicros, List<byte[]> arguments, String peer, String clientName) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private volatile long thresholdNanos = Long.MAX_VALUE;
    private int maxSize = 128;
    private long nextId;

    /** @param micros commands slower than this are kept; negative: none */
    public void thresholdMicros(long micros) {
        thresholdNanos = micros < 0 ? Long.MAX_VALUE : micros * 1000;
    }

    public synchronized void maxSize(int size) {
        maxSize = size;
        trim();
    }

    public boolean wants(long nanos) {
        return nanos >= thresholdNanos;
    }

    public synchronized void add(long nanos, List<byte[]> arguments, String peer, String clientName) {
        entries.addFirst(new Entry(
                nextId++, System.currentTimeMillis() / 1000, nanos / 1000, arguments, peer, clientName));
        trim();
    }

    private void trim() {
        while (entries.size() > maxSize) {
            entries.removeLast();
        }
    }

    /** The newest {@code count} entries, newest first. */
    public synchronized List<Entry> newest(int count) {
        List<Entry> newest = new ArrayList<>();
        for (Entry entry : entries) {
            if (newest.size() == count) {
                break;
            }
            newest.add(entry);
        }
        return newest;
    }

    public synchronized int size() {
        return entries.size();
    }

    public synchronized void clear() {
        entries.clear();
    }
}
