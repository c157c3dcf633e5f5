package io.ringtail.engine.sstable;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Whether pages of a mapped file are in memory, asked with {@code mincore(2)}: what lets an event loop read from the page
 * cache without ever waiting for the disk.
 *
 * <p>The answer can be outdated when it arrives; a page evicted in between costs one disk read where none was expected, and
 * nothing else. That also allows to ask rarely: a call costs about a microsecond, so a table remembers for {@value
 * #CHUNK_BYTES} bytes at a time that all were in memory, and believes it for less than 0.07 s. Where the call is not available everything counts as not resident. Safe for concurrent use: two threads may ask the
 * same at once, no more.
 */
final class Residency {
    /** Stretches of which a table remembers that all their pages were in memory a short while ago. */
    static final int CHUNK_BYTES = 256 << 10;

    private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_BYTES);
    /** For how long that is believed, as a shift of nanoseconds: 67 ms. */
    private static final int BELIEVED_SHIFT = 26;

    /** Longer stretches are not asked about: what takes that long to decompress does not belong on an event loop. */
    static final int MAX_BYTES = 1 << 20;

    private static final int MAX_PAGES = MAX_BYTES / 4096 + 2;
    private static final @Nullable MethodHandle MINCORE = lookUp();
    private static final long PAGE_MASK = pageSize() - 1;
    private static final ThreadLocal<MemorySegment> VECTOR =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(MAX_PAGES));

    private final long address;
    private final long size;
    /** For each chunk the tick in which it was asked about: as it is if all was in memory, inverted if not. */
    private final int[] residentAt;

    /** For the file mapped at {@code [address, address + size)}. */
    Residency(long address, long size) {
        this.address = address;
        this.size = size;
        this.residentAt = new int[(int) ((size + CHUNK_BYTES - 1) >>> CHUNK_SHIFT)];
    }

    /** Whether all of {@code [offset, end)} of the file is in memory, or was a moment ago. */
    boolean isResident(long offset, long end) {
        if (end - offset > MAX_BYTES) {
            return false;
        }
        int tick = (int) (System.nanoTime() >>> BELIEVED_SHIFT) | 1 << 31;
        boolean resident = true;
        for (int chunk = (int) (offset >>> CHUNK_SHIFT); chunk <= (int) ((end - 1) >>> CHUNK_SHIFT); chunk++) {
            int answered = residentAt[chunk];
            if (answered != tick && answered != ~tick) {
                long from = (long) chunk << CHUNK_SHIFT;
                answered = isMappedResident(address + from, Math.min(CHUNK_BYTES, size - from)) ? tick : ~tick;
                residentAt[chunk] = answered;
            }
            resident &= answered == tick;
        }
        return resident || isMappedResident(address + offset, end - offset);
    }

    @SuppressWarnings("restricted") // the process is started with native access enabled
    private static @Nullable MethodHandle lookUp() {
        try {
            Linker linker = Linker.nativeLinker();
            SymbolLookup symbols = linker.defaultLookup();
            FunctionDescriptor descriptor = FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
            return symbols.find("mincore")
                    .map(address -> linker.downcallHandle(address, descriptor, Linker.Option.critical(false)))
                    .orElse(null);
        } catch (UnsupportedOperationException | IllegalCallerException e) {
            return null;
        }
    }

    @SuppressWarnings("restricted")
    private static long pageSize() {
        try {
            Linker linker = Linker.nativeLinker();
            MethodHandle getpagesize = linker.downcallHandle(
                    linker.defaultLookup().find("getpagesize").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT));
            return (int) getpagesize.invokeExact();
        } catch (Throwable e) {
            return 4096;
        }
    }

    /** Whether the question can be answered at all. */
    static boolean isKnown() {
        return MINCORE != null;
    }

    /** Whether all of {@code [address, address + size)}, which is mapped, is in memory. */
    private static boolean isMappedResident(long address, long size) {
        MethodHandle mincore = MINCORE;
        if (mincore == null || size > MAX_BYTES) {
            return false;
        }
        long from = address & ~PAGE_MASK;
        long length = address + size - from;
        MemorySegment vector = VECTOR.get();
        try {
            if ((int) mincore.invokeExact(from, length, vector) != 0) {
                return false;
            }
        } catch (Throwable e) {
            throw new AssertionError("mincore", e);
        }
        long pages = (length + PAGE_MASK) / (PAGE_MASK + 1);
        for (long page = 0; page < pages; page++) {
            if ((vector.get(ValueLayout.JAVA_BYTE, page) & 1) == 0) {
                return false;
            }
        }
        return true;
    }
}
