package io.ringtail.engine.io;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a channel open when a thread that uses it is interrupted. The JDK closes it, for everybody, which would turn a
 * harmless interrupt into a commit log that has failed. Needs {@code --add-exports java.base/sun.nio.ch=ALL-UNNAMED},
 * which the launcher gives; without it channels stay as they are. Safe for concurrent use.
 */
final class Uninterruptible {
    private static final @Nullable MethodHandle SET = find();

    private Uninterruptible() {}

    private static @Nullable MethodHandle find() {
        try {
            Class<?> type = Class.forName("sun.nio.ch.FileChannelImpl");
            return MethodHandles.lookup()
                    .findVirtual(type, "setUninterruptible", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, FileChannel.class));
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }

    static void make(FileChannel channel) {
        if (SET == null) {
            return;
        }
        try {
            SET.invokeExact(channel);
        } catch (ClassCastException e) {
            // Another provider's channel (a test's): it keeps the JDK's rule.
        } catch (Throwable t) {
            throw new AssertionError("setUninterruptible", t);
        }
    }
}
