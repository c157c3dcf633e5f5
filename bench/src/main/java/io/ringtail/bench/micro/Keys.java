package io.ringtail.bench.micro;

import io.ringtail.engine.record.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Numbered keys of 16 bytes and the walk over their numbers that benchmarks take: the same in each. Pure but for the
 * key and array it fills; confined to the benchmark's thread.
 */
final class Keys {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] bytes = new byte[16];
    private long state = 42;

    /** The key of this number, in database 0. */
    Key set(Key key, long number) {
        LONG.set(bytes, 0, 0x6B65793A30303030L); // "key:0000"
        LONG.set(bytes, 8, number);
        return key.set(0, bytes, 0, bytes.length);
    }

    /** A pseudo-random number, 0 inclusive to {@code bound} exclusive. */
    int below(int bound) {
        state += 0x9E3779B97F4A7C15L;
        long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return (int) Math.multiplyHigh((mixed ^ (mixed >>> 31)) >>> 1, 2L * bound);
    }
}
