package io.ringtail.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Transaction;

/** Several event loops at work on the same keys: what is atomic on one is atomic on all. */
class IoThreadsTest {
    private static final int CLIENTS = 6;
    private static final int ROUNDS = 150;
    private static final int PIPELINED = 20;

    @Test
    void incrementsTransactionsAndMultiKeyReadsOfSeveralEventLoopsDoNotMix(@TempDir Path directory) throws Exception {
        try (ServerProcess server = ServerProcess.start(directory, "--io-threads", "3", "--memory-limit", "256mb");
                ExecutorService threads = Executors.newCachedThreadPool()) {
            try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
                jedis.mset("left", "1000", "right", "1000");
            }
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<?>> writers = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                writers.add(threads.submit(() -> write(server.port())));
            }
            Future<Integer> reader = threads.submit(() -> readSums(server.port(), stop));
            for (Future<?> writer : writers) {
                writer.get();
            }
            stop.set(true);
            assertThat(reader.get()).isPositive();
            try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
                assertThat(jedis.get("counter")).isEqualTo(Integer.toString(CLIENTS * ROUNDS * PIPELINED));
                assertThat(Long.parseLong(jedis.get("left")) + Long.parseLong(jedis.get("right"))).isEqualTo(2000);
                assertThat(jedis.strlen("log")).isEqualTo(CLIENTS * ROUNDS);
            }
        }
    }

    private static void write(int port) {
        try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            for (int round = 0; round < ROUNDS; round++) {
                Pipeline pipeline = jedis.pipelined();
                for (int i = 0; i < PIPELINED; i++) {
                    pipeline.incr("counter");
                }
                pipeline.append("log", "x");
                pipeline.sync();
                Transaction transfer = jedis.multi();
                transfer.decrBy("left", round);
                transfer.incrBy("right", round);
                transfer.exec();
            }
        }
    }

    /** Sums that never change, read in one command and as a transaction; returns how often. */
    private static int readSums(int port, AtomicBoolean stop) throws IOException {
        int count = 0;
        try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            while (!stop.get()) {
                List<String> both = jedis.mget("left", "right");
                assertThat(Long.parseLong(both.get(0)) + Long.parseLong(both.get(1))).isEqualTo(2000);
                Transaction transaction = jedis.multi();
                transaction.get("left");
                transaction.get("right");
                List<Object> results = transaction.exec();
                assertThat(Long.parseLong((String) results.get(0)) + Long.parseLong((String) results.get(1)))
                        .isEqualTo(2000);
                count++;
            }
        }
        return count;
    }
}
