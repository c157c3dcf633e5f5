package io.ringtail.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The requests one connection sends at once, encoded when it is made: afterwards only the digits of keys change. All
 * requests have the same size. Where the load asks for it they are followed by a {@code WAIT}, so that fewer requests than the whole
 * batch are its last ones. Confined to one thread.
 */
final class RequestBatch {
    private static final int KEY_BYTES = 16;
    private static final int VARYING_OFFSET = 8;
    private static final int[] FOUR_DIGITS = fourDigits();

    private final ByteBuffer buffer;
    private final int requestBytes;
    private final int keyOffset;
    private final int pipeline;
    private final int keys;
    private final boolean random;
    private long state;

    /**
     * @param seed other values and other keys for each connection
     * @param firstKey where keys in turn begin
     */
    RequestBatch(Load load, long seed, int firstKey) {
        keys = load.keys();
        pipeline = load.pipeline();
        byte[] end = load.replicasAwaited() == 0 ? new byte[0] : wait(load.replicasAwaited());
        random = load.order() == Load.KeyOrder.RANDOM;
        state = random ? seed * 0xD1342543DE82EF95L + 1 : firstKey;
        boolean set = load.command() == Load.Command.SET;
        String name = load.command().name();
        String head = "*" + (set ? 3 : 2) + "\r\n$" + name.length() + "\r\n" + name + "\r\n$" + KEY_BYTES + "\r\n";
        String tail = set ? "\r\n$" + load.valueBytes() + "\r\n" : "\r\n";
        int valueBytes = set ? load.valueBytes() + 2 : 0;
        keyOffset = head.length();
        requestBytes = head.length() + KEY_BYTES + tail.length() + valueBytes;
        buffer = ByteBuffer.allocateDirect(requestBytes * pipeline + end.length);
        long lastDraw = seed;
        for (int i = 0; i < pipeline; i++) {
            buffer.put((head + load.prefix() + "000000000000" + tail).getBytes(StandardCharsets.US_ASCII));
            for (int at = 0; at < valueBytes - 2; at++) {
                lastDraw = lastDraw * 6364136223846793005L + 1442695040888963407L;
                buffer.put((byte) ('0' + (lastDraw >>> 58))); // 64 printable characters
            }
            if (valueBytes > 0) {
                buffer.put((byte) '\r').put((byte) '\n');
            }
        }
        buffer.put(end);
        buffer.clear();
    }

    /** Until so many replicas have what this connection has written, however long that takes. */
    private static byte[] wait(int replicas) {
        return ("*3\r\n$4\r\nWAIT\r\n$1\r\n" + replicas + "\r\n$1\r\n0\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * The next {@code count} requests, from position to limit.
     *
     * @param step from a key in turn to the next: as many as there are clients who take turns
     */
    ByteBuffer next(int count, int step) {
        buffer.clear();
        int first = pipeline - count;
        for (int i = first; i < pipeline; i++) {
            int number = random ? randomKey() : keyInTurn(step);
            int at = i * requestBytes + keyOffset + VARYING_OFFSET;
            buffer.putInt(at, FOUR_DIGITS[number / 10_000]);
            buffer.putInt(at + 4, FOUR_DIGITS[number % 10_000]);
        }
        return buffer.position(first * requestBytes);
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
