package io.ringtail.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The requests one connection sends at once, encoded when it is made: afterwards only the digits of keys change. All
 * requests have the same size. Confined to one thread.
 */
final class RequestBatch {
    private static final int KEY_BYTES = 16;
    private static final int VARYING_OFFSET = 8;
    private static final int[] FOUR_DIGITS = fourDigits();

    private final ByteBuffer buffer;
    private final int requestBytes;
    private final int keyOffset;
    private final int keys;
    private final boolean random;
    private long state;

    /**
     * @param seed other values and other keys for each connection
     * @param firstKey where keys in turn begin
     */
    RequestBatch(Load load, long seed, int firstKey) {
        keys = load.keys();
        random = load.order() == Load.KeyOrder.RANDOM;
        state = random ? seed * 0xD1342543DE82EF95L + 1 : firstKey;
        boolean set = load.command() == Load.Command.SET;
        String head = "*" + (set ? 3 : 2) + "\r\n$3\r\n" + load.command() + "\r\n$" + KEY_BYTES + "\r\n";
        String tail = set ? "\r\n$" + load.valueBytes() + "\r\n" : "\r\n";
        int valueBytes = set ? load.valueBytes() + 2 : 0;
        keyOffset = head.length();
        requestBytes = head.length() + KEY_BYTES + tail.length() + valueBytes;
        buffer = ByteBuffer.allocateDirect(requestBytes * load.pipeline());
        long lastDraw = seed;
        for (int i = 0; i < load.pipeline(); i++) {
            buffer.put((head + "key:000000000000" + tail).getBytes(StandardCharsets.US_ASCII));
            for (int at = 0; at < valueBytes - 2; at++) {
                lastDraw = lastDraw * 6364136223846793005L + 1442695040888963407L;
                buffer.put((byte) ('0' + (lastDraw >>> 58))); // 64 printable characters
            }
            if (valueBytes > 0) {
                buffer.put((byte) '\r').put((byte) '\n');
            }
        }
        buffer.clear();
    }

    /**
     * The next {@code count} requests, from position to limit.
     *
     * @param step from a key in turn to the next: as many as there are clients who take turns
     */
    ByteBuffer next(int count, int step) {
        buffer.clear();
        for (int i = 0; i < count; i++) {
            int number = random ? randomKey() : keyInTurn(step);
            int at = i * requestBytes + keyOffset + VARYING_OFFSET;
            buffer.putInt(at, FOUR_DIGITS[number / 10_000]);
            buffer.putInt(at + 4, FOUR_DIGITS[number % 10_000]);
        }
        return buffer.limit(count * requestBytes);
    }

    private int randomKey() {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return (int) (((state >>> 32) * keys) >>> 32);
    }

    private int keyInTurn(int step) {
        int number = (int) (state % keys);
        state += step;
        return number;
    }

    private static int[] fourDigits() {
        int[] digits = new int[10_000];
        for (int i = 0; i < digits.length; i++) {
            digits[i] = ('0' + i / 1000) << 24 | ('0' + i / 100 % 10) << 16 | ('0' + i / 10 % 10) << 8 | ('0' + i % 10);
        }
        return digits;
    }
}
