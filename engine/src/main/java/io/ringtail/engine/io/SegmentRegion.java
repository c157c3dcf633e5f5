package io.ringtail.engine.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A {@link Region} read and written through the JDK's {@link MemorySegment}. */
final class SegmentRegion implements Region {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final VarHandle ALIGNED_INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN).varHandle();

    private final MemorySegment segment;
    private final Runnable free;
    private boolean closed;

    SegmentRegion(MemorySegment segment, Runnable free) {
        this.segment = segment;
        this.free = free;
    }

    @Override
    public long size() {
        return segment.byteSize();
    }

    @Override
    public byte getByte(long offset) {
        return segment.get(ValueLayout.JAVA_BYTE, offset);
    }

    @Override
    public int getInt(long offset) {
        return segment.get(INT, offset);
    }

    @Override
    public long getLong(long offset) {
        return segment.get(LONG, offset);
    }

    @Override
    public void putByte(long offset, byte value) {
        segment.set(ValueLayout.JAVA_BYTE, offset, value);
    }

    @Override
    public void putInt(long offset, int value) {
        segment.set(INT, offset, value);
    }

    @Override
    public void putLong(long offset, long value) {
        segment.set(LONG, offset, value);
    }

    @Override
    public int getIntAcquire(long offset) {
        return (int) ALIGNED_INT.getAcquire(segment, offset);
    }

    @Override
    public void putIntRelease(long offset, int value) {
        ALIGNED_INT.setRelease(segment, offset, value);
    }

    @Override
    public void read(long offset, byte[] target, int targetOffset, int length) {
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, target, targetOffset, length);
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_BYTE, offset, length);
    }

    @Override
    public int compare(long offset, int length, byte[] other, int otherOffset, int otherSize) {
        MemorySegment array = MemorySegment.ofArray(other);
        long mismatch = MemorySegment.mismatch(
                segment, offset, offset + length, array, otherOffset, otherOffset + (long) otherSize);
        if (mismatch < 0) {
            return 0;
        }
        if (mismatch >= length || mismatch >= otherSize) {
            return length - otherSize;
        }
        return (getByte(offset + mismatch) & 0xFF) - (other[(int) (otherOffset + mismatch)] & 0xFF);
    }

    @Override
    public long address() {
        return segment.address();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            free.run();
        }
    }

    @Override
    public String toString() {
        return "SegmentRegion[" + size() + " bytes" + (closed ? ", closed" : "") + "]";
    }
}
