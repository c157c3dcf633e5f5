package io.ringtail.engine.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import net.openhft.chronicle.bytes.PointerBytesStore;

/** A {@link Region} read and written through Chronicle Bytes. */
final class ChronicleRegion implements Region {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final PointerBytesStore store = new PointerBytesStore();
    private final long size;
    private final long address;
    private final Runnable free;
    private boolean closed;

    ChronicleRegion(long address, long size, Runnable free) {
        this.address = address;
        this.size = size;
        this.free = free;
        store.singleThreadedCheckDisabled(true);
        store.set(address, size);
    }

    private boolean within(long offset, long length) {
        return !closed && offset >= 0 && length >= 0 && offset <= size - length;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte getByte(long offset) {
        assert within(offset, 1) : offset;
        return store.readByte(offset);
    }

    @Override
    public int getInt(long offset) {
        assert within(offset, 4) : offset;
        return Integer.reverseBytes(store.readInt(offset));
    }

    @Override
    public long getLong(long offset) {
        assert within(offset, 8) : offset;
        return Long.reverseBytes(store.readLong(offset));
    }

    @Override
    public void putByte(long offset, byte value) {
        assert within(offset, 1) : offset;
        store.writeByte(offset, value);
    }

    @Override
    public void putInt(long offset, int value) {
        assert within(offset, 4) : offset;
        store.writeInt(offset, Integer.reverseBytes(value));
    }

    @Override
    public void putLong(long offset, long value) {
        assert within(offset, 8) : offset;
        store.writeLong(offset, Long.reverseBytes(value));
    }

    @Override
    public int getIntAcquire(long offset) {
        assert within(offset, 4) && (offset & 3) == 0 : offset;
        return Integer.reverseBytes(store.readVolatileInt(offset));
    }

    @Override
    public void putIntRelease(long offset, int value) {
        assert within(offset, 4) && (offset & 3) == 0 : offset;
        store.writeOrderedInt(offset, Integer.reverseBytes(value));
    }

    @Override
    public void read(long offset, byte[] target, int targetOffset, int length) {
        assert within(offset, length) : offset + " + " + length;
        store.read(offset, target, targetOffset, length);
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int length) {
        assert within(offset, length) : offset + " + " + length;
        store.write(offset, source, sourceOffset, length);
    }

    @Override
    public int compare(long offset, int length, byte[] other, int otherOffset, int otherSize) {
        assert within(offset, length) : offset + " + " + length;
        int common = Math.min(length, otherSize);
        int i = 0;
        for (; i <= common - 8; i += 8) {
            long a = Long.reverseBytes(store.readLong(offset + i));
            long b = (long) LONG.get(other, otherOffset + i);
            if (a != b) {
                return Long.compareUnsigned(a, b);
            }
        }
        for (; i < common; i++) {
            int order = (store.readByte(offset + i) & 0xFF) - (other[otherOffset + i] & 0xFF);
            if (order != 0) {
                return order;
            }
        }
        return length - otherSize;
    }

    @Override
    public long address() {
        return address;
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
        return "ChronicleRegion[" + size + " bytes" + (closed ? ", closed" : "") + "]";
    }
}
