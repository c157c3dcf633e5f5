package io.ringtail.engine.io;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The two system calls the JDK does not offer: reserving room for a file without changing its size, and giving it back.
 *
 * <p>Called by {@link LocalFileSystem}, seldom (once a commit log segment). Where a call is missing (not Linux, or
 * access to native code denied) {@link #UNSUPPORTED} is returned, and the caller does without. Safe for concurrent use.
 */
final class NativeFiles {
    static final int OK = 0;
    static final int UNSUPPORTED = -1;
    static final int ENOSPC = 28;
    static final int EDQUOT = 122;

    private static final int ENOSYS = 38;
    private static final int EOPNOTSUPP = 95;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 0x80000;
    private static final int FALLOC_FL_KEEP_SIZE = 1;

    private static final @Nullable NativeFiles INSTANCE = load();

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle fallocate;
    private final MethodHandle truncate;
    private final MemoryLayout stateLayout;
    private final VarHandle errno;

    @SuppressWarnings("restricted") // the launcher gives native access
    private NativeFiles(Linker linker, SymbolLookup symbols) {
        Linker.Option capture = Linker.Option.captureCallState("errno");
        stateLayout = Linker.Option.captureStateLayout();
        errno = stateLayout.varHandle(MemoryLayout.PathElement.groupElement("errno"));
        open = linker.downcallHandle(
                symbols.findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                capture,
                Linker.Option.firstVariadicArg(2));
        close = linker.downcallHandle(
                symbols.findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                capture);
        fallocate = linker.downcallHandle(
                symbols.findOrThrow("fallocate"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                capture);
        truncate = linker.downcallHandle(
                symbols.findOrThrow("truncate"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
                capture);
    }

    private static @Nullable NativeFiles load() {
        // The numbers of errors and flags above are those of Linux.
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return null;
        }
        try {
            Linker linker = Linker.nativeLinker();
            SymbolLookup symbols = linker.defaultLookup();
            Optional<MemorySegment> present = symbols.find("fallocate");
            return present.isEmpty() ? null : new NativeFiles(linker, symbols);
        } catch (UnsupportedOperationException | IllegalCallerException | java.util.NoSuchElementException e) {
            return null;
        }
    }

    /**
     * Reserves blocks for {@code [0, size)} of an existing file; returns {@link #OK}, {@link #UNSUPPORTED} or an errno.
     */
    static int reserve(Path file, long size) {
        return INSTANCE == null ? UNSUPPORTED : INSTANCE.allocate(file, size);
    }

    /** Cuts the file to {@code size} and frees what was reserved beyond; returns as {@link #reserve} does. */
    static int truncate(Path file, long size) {
        return INSTANCE == null ? UNSUPPORTED : INSTANCE.cut(file, size);
    }

    private int allocate(Path file, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(stateLayout);
            int descriptor = (int) open.invokeExact(state, arena.allocateFrom(file.toString()), O_WRONLY | O_CLOEXEC, 0);
            if (descriptor < 0) {
                return errorOf(state);
            }
            int result = (int) fallocate.invokeExact(state, descriptor, FALLOC_FL_KEEP_SIZE, 0L, size);
            int error = result == 0 ? OK : errorOf(state);
            int ignored = (int) close.invokeExact(state, descriptor); // nothing was written through it
            return error;
        } catch (Throwable t) {
            throw new AssertionError("calling fallocate", t);
        }
    }

    private int cut(Path file, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(stateLayout);
            int result = (int) truncate.invokeExact(state, arena.allocateFrom(file.toString()), size);
            return result == 0 ? OK : errorOf(state);
        } catch (Throwable t) {
            throw new AssertionError("calling truncate", t);
        }
    }

    private int errorOf(MemorySegment state) {
        int error = (int) errno.get(state, 0L);
        return error == ENOSYS || error == EOPNOTSUPP ? UNSUPPORTED : error;
    }
}
