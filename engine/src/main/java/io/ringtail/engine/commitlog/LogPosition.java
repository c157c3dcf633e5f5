package io.ringtail.engine.commitlog;

/**
 * A place in the log: an offset in a segment. Ordered as the log is written. Immutable.
 *
 * <p>As a {@code long}, which is ordered the same way: the segment id in the upper 32 bits, the offset in the lower. So
 * positions grow by the bytes written within a segment and leap at its end.
 *
 * @param segmentId from 1; 0 only in {@link #START}
 * @param offset bytes from the start of the segment's file, less than 2^32
 */
public record LogPosition(long segmentId, long offset) implements Comparable<LogPosition> {
    /** Before everything. */
    public static final LogPosition START = new LogPosition(0, 0);

    private static final long OFFSET_MASK = 0xFFFF_FFFFL;

    public LogPosition {
        if (segmentId < 0 || segmentId > Integer.MAX_VALUE || offset < 0 || offset > OFFSET_MASK) {
            throw new IllegalArgumentException("log position " + segmentId + ":" + offset);
        }
    }

    public static LogPosition of(long position) {
        return new LogPosition(position >>> 32, position & OFFSET_MASK);
    }

    public long toLong() {
        return segmentId << 32 | offset;
    }

    static long toLong(long segmentId, long offset) {
        return segmentId << 32 | offset;
    }

    @Override
    public int compareTo(LogPosition other) {
        return Long.compare(toLong(), other.toLong());
    }

    @Override
    public String toString() {
        return segmentId + ":" + offset;
    }
}
