package io.ringtail.engine.io;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * How the operating system weighs one thread against others, by setpriority(2), which on Linux is a thread's own matter. Java's thread priorities do nothing there.
 *
 * <p>A flush on the core that also serves clients would otherwise take whole time slices of several milliseconds, which clients see as latency. Where the call is
 * missing or refused, threads are weighed alike.
 */
public final class ThreadNice {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;
    private static final @Nullable MethodHandle SET_PRIORITY = find();

    private ThreadNice() {}

    private static @Nullable MethodHandle find() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return null;
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("setpriority")
                .map(address -> linker.downcallHandle(
                        address,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)))
                .orElse(null);
    }

    /**
     * Has the calling thread give way to others.
     *
     * @param nice 0 for as important as any, up to 19 for when nothing else is to be done
     * @return whether the system agreed
     */
    public static boolean yieldToOthers(int nice) {
        if (SET_PRIORITY == null) {
            return false;
        }
        try {
            return (int) SET_PRIORITY.invokeExact(PRIO_PROCESS, CALLING_THREAD, nice) == 0;
        } catch (Throwable e) {
            throw new AssertionError("setpriority", e);
        }
    }
}
