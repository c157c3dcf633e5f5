package io.ringtail.engine.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import net.openhft.chronicle.bytes.BytesStore;

/**
 * Makes {@link Region}s. Memory is read and written through Chronicle Bytes; with {@code -Dringtail.region=segment}, through
 * the JDK's {@link MemorySegment}. The two are interchangeable, and a process uses one of them only, so that the JIT sees one
 * implementation.
 *
 * <p>Safe for concurrent use.
 */
public final class Regions {
    private static final boolean SEGMENT = "segment".equals(System.getProperty("ringtail.region"));

    private Regions() {}

    /** Anonymous memory that takes up room only where it has been touched. Its content is undefined. */
    public static Region allocate(long size) {
        return SEGMENT ? allocateSegment(size) : allocateChronicle(size);
    }

    /** A file's first {@code size} bytes, read-only. Closing the region unmaps them for certain, at a cost of some 50 µs. */
    @SuppressWarnings("MustBeClosedChecker") // the region owns the arena
    public static Region map(FileChannel file, long size) throws IOException {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment segment = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            return SEGMENT
                    ? new SegmentRegion(segment, arena::close)
                    : new ChronicleRegion(segment.address(), size, arena::close);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    static Region allocateSegment(long size) {
        // Malloc'ed through Chronicle all the same: an arena would zero all of it, and so touch all of it.
        BytesStore<?, Void> store = lazyStore(size);
        MemorySegment segment =
                MemorySegment.ofAddress(store.addressForRead(0)).reinterpret(size);
        return new SegmentRegion(segment, store::releaseLast);
    }

    static Region allocateChronicle(long size) {
        BytesStore<?, Void> store = lazyStore(size);
        return new ChronicleRegion(store.addressForRead(0), size, store::releaseLast);
    }

    private static BytesStore<?, Void> lazyStore(long size) {
        return BytesStore.lazyNativeBytesStoreWithFixedCapacity(size);
    }
}
