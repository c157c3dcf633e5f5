package io.ringtail.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ServerProcess;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A server under load is killed at random moments and started again on the same directory: nothing it acknowledged is lost.
 *
 * <p>{@code mvn verify} does a few rounds; {@code -Dtest=KillTest -Dringtail.kill.rounds=300} does that many of each kind, and {@code
 * -Dringtail.seed=N} repeats a run's random choices.
 */
@Execution(ExecutionMode.CONCURRENT)
final class KillTest {
    private static final int CLIENTS = 4;
    private static final int ROUNDS = Integer.getInteger("ringtail.kill.rounds", 3);
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());

    @TempDir
    Path directory;

    @Test
    void everysecLosesNothingWhileFlushesAndCompactionsRun() throws Exception {
        killAgainAndAgain("everysec", "64mb", 16_000);
    }

    @Test
    void alwaysLosesNothingWhileFlushesAndCompactionsRun() throws Exception {
        killAgainAndAgain("always", "64mb", 16_000);
    }

    @Test
    void everysecLosesNothingOfALargeLog() throws Exception {
        killAgainAndAgain("everysec", "1gb", 500);
    }

    @Test
    void alwaysLosesNothingOfALargeLog() throws Exception {
        killAgainAndAgain("always", "1gb", 500);
    }

    private void killAgainAndAgain(String policy, String memoryLimit, int valueBytesMax) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        Load load = new Load(CLIENTS, SEED, valueBytesMax);
        String[] options = {"--appendfsync", policy, "--memory-limit", memoryLimit};
        String context = policy + " " + memoryLimit + ", -Dringtail.seed=" + SEED;
        ServerProcess server = ServerProcess.start(directory, options);
        try {
            for (int round = 1; round <= ROUNDS; round++) {
                load.start(server.port());
                load.awaitAcknowledged(load.acknowledged() + 1 + random.nextInt(6_000));
                LockSupport.parkNanos(random.nextInt(20_000_000));
                server.kill();
                load.finish();
                server = ServerProcess.start(directory, options);
                load.check(server.port(), Long.MAX_VALUE, context + ", round " + round);
                load.beginAgain(server.port());
            }
            assertThat(load.acknowledged()).as("steps acknowledged").isPositive();
        } finally {
            server.close();
        }
    }
}
