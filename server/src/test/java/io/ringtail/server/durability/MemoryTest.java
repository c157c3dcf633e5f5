package io.ringtail.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store larger than its memory, and many writes: the process stays within {@code memory-limit} plus {@link #CONSTANT_MEBIBYTES}, page cache not
 * counted.
 *
 * <p>{@code -Dringtail.memory.megabytes=640} fills ten times the limit, {@code -Dringtail.memory.sets=1000000} writes so often.
 */
final class MemoryTest {
    private static final int LIMIT_MEBIBYTES = 64;
    /** The JVM's own memory, its compiler's, the buffers of the log and of the sockets, and heap not collected yet. */
    private static final int CONSTANT_MEBIBYTES = 256;

    private static final int FILL_MEGABYTES = Integer.getInteger("ringtail.memory.megabytes", 130);
    private static final int SETS = Integer.getInteger("ringtail.memory.sets", 200_000);
    private static final int VALUE_BYTES = 1_000;
    private static final int PIPELINE = 500;

    @TempDir
    Path directory;

    @Test
    void aStoreOfMoreThanItsMemoryStaysWithinTheLimitAndAConstant() throws Exception {
        try (ServerProcess server = ServerProcess.start(directory, "--memory-limit", LIMIT_MEBIBYTES + "mb");
                WireClient wire = new WireClient(server.port())) {
            int keys = FILL_MEGABYTES * 1_000_000 / VALUE_BYTES;
            long most = 0;
            for (int begin = 0; begin < keys; begin += PIPELINE) {
                for (int i = begin; i < begin + PIPELINE; i++) {
                    wire.add(bytes("SET"), bytes("key:" + i), value(i));
                }
                expectOk(wire);
                most = begin % 10_000 == 0 ? Math.max(most, server.anonymousBytes()) : most;
            }
            long filled = server.anonymousBytes();
            SplittableRandom random = new SplittableRandom(7);
            for (int round = 0; round < keys / PIPELINE / 2; round++) {
                int[] asked = random.ints(PIPELINE, 0, keys).toArray();
                for (int key : asked) {
                    wire.add("GET", "key:" + key);
                }
                wire.flush();
                for (int key : asked) {
                    assertThat(wire.receive()).isEqualTo(new io.ringtail.protocol.client.Reply.Bulk(value(key)));
                }
                most = round % 20 == 0 ? Math.max(most, server.anonymousBytes()) : most;
            }
            most = Math.max(most, server.anonymousBytes());
            report("anonymous memory: " + (filled >> 20) + " MiB when filled, " + (most >> 20) + " MiB at most");
            assertThat(most >> 20).as("MiB").isLessThanOrEqualTo(LIMIT_MEBIBYTES + CONSTANT_MEBIBYTES);
        }
    }

    @Test
    void manyWritesLeaveNothingOnTheHeap() throws Exception {
        try (ServerProcess server = ServerProcess.start(directory, "--memory-limit", LIMIT_MEBIBYTES + "mb");
                WireClient wire = new WireClient(server.port())) {
            sets(wire, 0, SETS / 4);
            long before = liveHeapBytes(server);
            sets(wire, SETS / 4, SETS / 4 + SETS);
            long after = liveHeapBytes(server);
            report("live heap: " + (before >> 10) + " KiB, after " + SETS + " more sets " + (after >> 10) + " KiB");
            assertThat(after - before).as("bytes of heap left by " + SETS + " writes").isLessThan(2 << 20);
        }
    }

    private static void sets(WireClient wire, int from, int to) throws IOException {
        for (int begin = from; begin < to; begin += PIPELINE) {
            for (int i = begin; i < begin + PIPELINE; i++) {
                wire.add("SET", "key:" + i, "a value of some bytes " + i);
            }
            expectOk(wire);
        }
    }

    private static void expectOk(WireClient wire) throws IOException {
        wire.flush();
        for (int i = 0; i < PIPELINE; i++) {
            assertThat(WireClient.text(wire.receive())).isEqualTo("OK");
        }
    }

    /** Bytes of the objects that survive a collection. */
    private static long liveHeapBytes(ServerProcess server) throws Exception {
        Process histogram = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(server.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String output = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(histogram.waitFor()).as(output).isZero();
        String[] total = output.lines().filter(line -> line.startsWith("Total")).findFirst().orElseThrow().trim().split("\\s+");
        return Long.parseLong(total[2]);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Half of it compresses. */
    private static byte[] value(int key) {
        byte[] value = new byte[VALUE_BYTES];
        SplittableRandom random = new SplittableRandom(key);
        for (int i = 0; i < VALUE_BYTES / 2; i++) {
            value[i] = (byte) random.nextInt();
        }
        return value;
    }

    private static void report(String figures) {
        org.slf4j.LoggerFactory.getLogger(MemoryTest.class).info("{}", figures);
    }
}
