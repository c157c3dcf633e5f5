package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.io.SimulatedFileSystem.Loss;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Cuts the power at every change of the disk in turn, and again while recovering: what was durable is there, what is
 * there is a first part of what was written, and the log goes on.
 */
class CrashRecoveryTest {
    private static final int ENTRIES = 60;
    private static final int VALUE_SIZE = 250;

    @ParameterizedTest
    @CsvSource({
        "ALWAYS, TAIL", "ALWAYS, ANY_SECTORS",
        "EVERYSEC, TAIL", "EVERYSEC, ANY_SECTORS",
        "NO, TAIL", "NO, ANY_SECTORS"
    })
    void nothingDurableIsLostAndNothingIsOutOfOrder(SyncPolicy policy, Loss loss) throws IOException {
        long changes = new Run(policy, loss, Long.MAX_VALUE, 0).writeUntilCut();
        int losses = 0;
        for (long cutAt = 1; cutAt <= changes; cutAt++) {
            for (long seed = 0; seed < 4; seed++) {
                long runSeed = cutAt * 1000 + seed;
                Run run = new Run(policy, loss, cutAt, runSeed);
                run.writeUntilCut();
                try {
                    losses += run.recoverAndCheck();
                } catch (AssertionError | IOException | RuntimeException e) {
                    throw new AssertionError(
                            "policy " + policy + ", loss " + loss + ", cut at change " + cutAt
                                    + ", seed " + runSeed, e);
                }
            }
        }
        assertThat(losses).as("runs that lost something that was not durable").isPositive();
    }

    private static final class Run {
        private final SimulatedFileSystem disk = new SimulatedFileSystem();
        private final LogFixture fixture;
        private final SplittableRandom random;
        private final Loss loss;
        private final long cutAt;
        /** How many entries were added when the log's end was at a position. */
        private final NavigableMap<Long, Integer> countAt = new TreeMap<>();

        private LogPosition replayFrom = LogPosition.START;
        private int added;
        private int released;
        private int durable;

        Run(SyncPolicy policy, Loss loss, long cutAt, long seed) {
            this.fixture = new LogFixture(disk, policy, VALUE_SIZE);
            this.loss = loss;
            this.cutAt = cutAt;
            this.random = new SplittableRandom(seed);
        }

        long writeUntilCut() {
            if (cutAt != Long.MAX_VALUE) {
                disk.cutPowerAtChange(cutAt);
            }
            try (CommitLog log = fixture.open()) {
                while (added < ENTRIES) {
                    fixture.add(log, added++);
                    if (added % 3 != 0) {
                        countAt.put(log.append(), added);
                    }
                    fixture.nowNanos += 150_000_000;
                    if (added % 5 != 0) {
                        log.runOnce();
                    }
                    durable = countAt.headMap(log.syncedPosition(), true).isEmpty()
                            ? 0
                            : countAt.floorEntry(log.syncedPosition()).getValue();
                    if (added == 40) {
                        countAt.put(log.append(), added);
                        if (random.nextBoolean()) {
                            log.sync();
                        }
                        // As after a flush: durable elsewhere, whether or not the log is durable so far.
                        replayFrom = log.position();
                        released = added;
                        durable = added;
                        log.releaseBefore(replayFrom);
                    }
                }
            } catch (IOException e) {
                assertThat(cutAt).isNotEqualTo(Long.MAX_VALUE);
            }
            return disk.changes();
        }

        /** Returns 1 when something was lost. */
        int recoverAndCheck() throws IOException {
            disk.powerCut(random, loss);
            disk.cutPowerAtChange(1 + random.nextInt(12));
            try (CommitLog log = fixture.open(replayFrom)) {
                log.runOnce();
            } catch (IOException e) {
                assertThat(e).isNotInstanceOf(io.ringtail.engine.io.CorruptionException.class);
            }
            disk.powerCut(random, loss);
            List<Integer> survived;
            try (CommitLog log = fixture.open(replayFrom)) {
                survived = List.copyOf(fixture.replayed);
                int end = released + survived.size();
                assertThat(survived).isEqualTo(numbers(released, end));
                assertThat(end).isBetween(Math.max(durable, released), added);
                for (int number = 1000; number < 1030; number++) {
                    fixture.addAndAppend(log, number);
                }
                log.sync();
            } finally {
                disk.powerCut(random, loss);
            }
            try (CommitLog log = fixture.open(replayFrom)) {
                List<Integer> expected = new ArrayList<>(survived);
                expected.addAll(numbers(1000, 1030));
                assertThat(fixture.replayed).isEqualTo(expected);
                assertThat(log.statistics().cutBytes()).isZero();
            }
            return released + survived.size() < added ? 1 : 0;
        }

        private static List<Integer> numbers(int from, int to) {
            return IntStream.range(from, to).boxed().toList();
        }
    }
}
