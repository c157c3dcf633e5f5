package io.ringtail.bench.changes;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * So many keys with a value each, all of one size: writing all of them, and reading all of them back.
 *
 * <p>A value begins with its key, and then has bytes that do not compress, so that bytes stored are about bytes written. Immutable.
 *
 * @param keys how many
 * @param valueBytes at least 32
 */
record Dataset(int keys, int valueBytes) {
    private static final int BATCH = 64;
    private static final int TIMEOUT_MILLIS = 60_000;
    private static final int NOISE_BYTES = 1 << 20;
    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.US_ASCII);

    Dataset {
        if (valueBytes < 32 || valueBytes > NOISE_BYTES / 2) {
            throw new IllegalArgumentException("--value-size " + valueBytes + ", must be 32 to " + NOISE_BYTES / 2);
        }
    }

    static String key(int index) {
        return String.format("key:%09d", index);
    }

    /** What every value has behind its key: a stretch of these, from a place that differs. */
    private static final byte[] NOISE = noise();

    private static byte[] noise() {
        byte[] noise = new byte[NOISE_BYTES];
        new SplittableRandom(1).nextBytes(noise);
        return noise;
    }

    /** The value of a key. */
    byte[] value(int index) {
        byte[] value = new byte[valueBytes];
        byte[] key = key(index).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(NOISE, (int) (index * 7919L % (NOISE_BYTES / 2)), value, 0, valueBytes);
        System.arraycopy(key, 0, value, 0, key.length);
        return value;
    }

    /** Whether these bytes may be a value of the key. */
    boolean isValue(int index, byte[] value) {
        byte[] key = key(index).getBytes(StandardCharsets.US_ASCII);
        return value.length == valueBytes && new String(value, 0, key.length, StandardCharsets.US_ASCII).equals(key(index));
    }

    long bytes() {
        return (long) keys * (valueBytes + key(0).length());
    }

    /** Writes all of them through some nodes, a connection to each. */
    void write(List<Integer> ports) throws IOException {
        overAll(ports, (port, from, to) -> {
            writeStretch(port, from, to);
            return 0L;
        });
    }

    /** Reads all of them through some nodes; how many are missing or wrong. */
    long countWrong(List<Integer> ports) throws IOException {
        return overAll(ports, this::countWrongOf);
    }

    private interface Stretch {
        long run(int port, int from, int to) throws IOException;
    }

    private long overAll(List<Integer> ports, Stretch stretch) throws IOException {
        int count = ports.size();
        List<Callable<Long>> tasks = IntStream.range(0, count)
                .<Callable<Long>>mapToObj(i -> () -> stretch.run(
                        ports.get(i), (int) ((long) keys * i / count), (int) ((long) keys * (i + 1) / count)))
                .toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            long sum = 0;
            for (Future<Long> each : threads.invokeAll(tasks)) {
                sum += each.get();
            }
            return sum;
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void writeStretch(int port, int from, int to) throws IOException {
        try (Socket socket = connect(port);
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()))) {
            byte[] reply = new byte[OK.length];
            for (int first = from; first < to; first += BATCH) {
                Commands commands = new Commands();
                int count = Math.min(BATCH, to - first);
                for (int i = 0; i < count; i++) {
                    commands.set(key(first + i), value(first + i));
                }
                send(socket, commands);
                for (int i = 0; i < count; i++) {
                    in.readFully(reply);
                    if (reply[0] != '+') {
                        throw new IOException("a SET was refused: " + new String(reply, StandardCharsets.US_ASCII) + in.readLine());
                    }
                }
            }
        }
    }

    private long countWrongOf(int port, int from, int to) throws IOException {
        long wrong = 0;
        try (Socket socket = connect(port);
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()))) {
            for (int first = from; first < to; first += BATCH) {
                Commands commands = new Commands();
                int count = Math.min(BATCH, to - first);
                for (int i = 0; i < count; i++) {
                    commands.get(key(first + i));
                }
                send(socket, commands);
                for (int i = 0; i < count; i++) {
                    byte[] value = Commands.readBulk(in);
                    wrong += value != null && isValue(first + i, value) ? 0 : 1;
                }
            }
        }
        return wrong;
    }

    private static void send(Socket socket, Commands commands) throws IOException {
        OutputStream out = socket.getOutputStream();
        commands.writeTo(out);
    }
}
