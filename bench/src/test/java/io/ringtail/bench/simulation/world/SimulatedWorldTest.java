package io.ringtail.bench.simulation.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulatedWorldTest {
    private static final long MILLI = 1_000_000;

    private final SimulatedWorld world = new SimulatedWorld(7);
    private final SimulatedMachine machine = world.addMachine(0, 0);
    private final SimulatedLoop loop = machine.newLoop("data-0");
    private final List<String> seen = new ArrayList<>();

    private Runnable note(String what) {
        return () -> seen.add(what + " at " + world.nowNanos() / MILLI);
    }

    private void runMillis(long millis) {
        world.runUntil(world.nowNanos() + millis * MILLI);
    }

    @Test
    void eventsRunInTheOrderOfTheirTimesAndThenOfTheirComing() {
        world.afterMillis(5, note("later"));
        world.afterMillis(2, note("first"));
        world.afterMillis(2, note("second"));
        runMillis(4);
        assertThat(seen).containsExactly("first at 2", "second at 2");
        assertThat(world.nowNanos()).isEqualTo(4 * MILLI);
        runMillis(4);
        assertThat(seen).containsExactly("first at 2", "second at 2", "later at 5");
    }

    @Test
    void aLoopRunsTasksOneAfterTheOther() {
        loop.execute(() -> {
            loop.execute(note("inner"));
            seen.add("outer");
        });
        loop.execute(note("next"));
        runMillis(1);
        assertThat(seen).containsExactly("outer", "next at 0", "inner at 0");
    }

    @Test
    void timersKeepTime() {
        loop.schedule(note("timer"), 30);
        runMillis(29);
        assertThat(seen).isEmpty();
        runMillis(1);
        assertThat(seen).containsExactly("timer at 30");
    }

    @Test
    void turnEndsFollowEveryTurnAndNothingElse() {
        loop.atTurnEnd(() -> seen.add("end"));
        loop.execute(() -> seen.add("turn"));
        loop.offload(() -> seen.add("beside"));
        runMillis(100);
        assertThat(seen).containsExactly("turn", "end", "beside");
    }

    @Test
    void whatIsOffloadedIsBounded() {
        int taken = 0;
        while (loop.offload(() -> seen.add("done"))) {
            taken++;
        }
        assertThat(taken).isEqualTo(1024);
        runMillis(1000);
        assertThat(seen).hasSize(taken);
        assertThat(loop.offload(() -> {})).isTrue();
    }

    @Test
    void aCrashEndsAllThatWasToCome() {
        loop.schedule(note("timer"), 10);
        loop.offload(note("beside"));
        machine.crash(false);
        runMillis(100);
        assertThat(seen).isEmpty();
        machine.switchOn();
        loop.execute(note("old"));
        machine.newLoop("data-0").execute(note("new"));
        runMillis(1);
        assertThat(seen).containsExactly("new at 100");
    }

    @Test
    void aPauseDelaysWhatHappensMeanwhileAndKeepsItsOrder() {
        loop.schedule(note("a"), 10);
        loop.schedule(note("b"), 20);
        loop.schedule(note("c"), 60);
        machine.pause(50 * MILLI);
        assertThat(machine.isRunning()).isFalse();
        runMillis(100);
        assertThat(seen).containsExactly("a at 50", "b at 50", "c at 60");
        assertThat(machine.isRunning()).isTrue();
    }

    @Test
    void aSlowMachineTakesTimeForEveryTurn() {
        machine.slowness(100 * MILLI);
        for (int i = 0; i < 20; i++) {
            loop.execute(note("turn"));
        }
        runMillis(100);
        assertThat(seen).hasSizeBetween(1, 15);
        runMillis(2000);
        assertThat(seen).hasSize(20);
    }

    @Test
    void clocksAreSkewedAndDriftAndJump() {
        SimulatedMachine other = world.addMachine(120_000, 0.01);
        runMillis(10_000);
        assertThat(machine.clock().millis()).isEqualTo(SimulatedClock.WORLD_BEGINS_MILLIS + 10_000);
        assertThat(other.clock().millis()).isEqualTo(SimulatedClock.WORLD_BEGINS_MILLIS + 10_000 + 120_000 + 100);
        long highest = other.clock().millis();
        other.clock().jump(-60_000);
        assertThat(other.clock().millis()).isEqualTo(SimulatedClock.WORLD_BEGINS_MILLIS + 10_000 + 60_000 + 100);
        assertThat(other.clock().highestMillis()).isEqualTo(highest);
    }

    @Test
    void aKilledProcessLeavesItsFilesAndAPowerLossOnlyWhatWasSynced() throws Exception {
        Path directory = Path.of("/data");
        write(directory, "synced", true);
        write(directory, "written", false);
        machine.crash(false);
        assertThat(machine.disk().content(directory.resolve("written"))).isEqualTo(bytes("written"));
        machine.switchOn();
        machine.crash(true);
        assertThat(machine.disk().content(directory.resolve("synced"))).isEqualTo(bytes("synced"));
        int kept = 0;
        for (int i = 0; i < 20; i++) {
            machine.switchOn();
            write(directory, "late" + i, false);
            machine.crash(true);
            kept += machine.disk().exists(directory.resolve("late" + i)) ? 1 : 0;
        }
        assertThat(kept).isBetween(1, 19);
    }

    @Test
    void aDirectoryIsNotLockedByADeadProcess() throws Exception {
        Path directory = Path.of("/data");
        machine.disk().createDirectories(directory);
        assertThat(machine.disk().lock(directory.resolve("lock"))).isNotNull();
        machine.crash(false);
        assertThat(machine.disk().lock(directory.resolve("lock"))).isNotNull();
    }

    @Test
    void aFullDiskTakesHardlyAnythingUntilThereIsRoomAgain() throws Exception {
        Path directory = Path.of("/data");
        write(directory, "before", true);
        machine.diskFull(true);
        assertThat(machine.disk().usableBytes(directory)).isLessThan(4096);
        machine.diskFull(false);
        assertThat(machine.disk().usableBytes(directory)).isGreaterThan(1 << 30);
    }

    private void write(Path directory, String name, boolean sync) throws Exception {
        machine.disk().createDirectories(directory);
        try (var file = machine.disk().create(directory.resolve(name))) {
            file.write(ByteBuffer.wrap(bytes(name)));
            if (sync) {
                file.sync();
                machine.disk().syncDirectory(directory);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
