package io.ringtail.engine.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.io.SimulatedFileSystem.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ManifestTest {
    private static final Path DIRECTORY = Path.of("/store");

    private final SimulatedFileSystem files = new SimulatedFileSystem();

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    private static ManifestState someState() {
        return ManifestState.empty(0x5701E)
                .withTables(List.of(), List.of(1L, 2L, 9L))
                .withLogPosition(17, 4096)
                .withClearFloor(0, -5)
                .withClearFloor(255, 12)
                .withAttribute(3, Long.MIN_VALUE);
    }

    @Test
    void aNewDirectoryHasNone() throws IOException {
        assertThat(Manifest.open(files, DIRECTORY)).isEmpty();
    }

    @Test
    void readsBackWhatWasInstalled() throws IOException {
        Manifest manifest = Manifest.create(files, DIRECTORY, ManifestState.empty(0x5701E));
        manifest.install(someState());
        ManifestState read = Manifest.open(files, DIRECTORY).orElseThrow().state();
        assertThat(read).isEqualTo(someState());
        assertThat(read.nextFileId()).isEqualTo(10);
        assertThat(files.list(DIRECTORY)).containsExactly(DIRECTORY.resolve("manifest-000000000002"));
    }

    @Test
    void aFloorIsOnlyRaised() {
        ManifestState state = someState().withClearFloor(0, 7);
        assertThat(state.clearFloors()).containsEntry(0, -5L).containsEntry(255, 12L);
    }

    @Test
    void aTableThatIsNotLiveCannotBeRemoved() {
        assertThatThrownBy(() -> someState().withTables(List.of(3L), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPowerCutAtAnyMomentLeavesTheStateBeforeOrAfter() throws IOException {
        for (long seed = 0; seed < 3; seed++) {
            for (SimulatedFileSystem.Loss loss : SimulatedFileSystem.Loss.values()) {
                boolean wasCut = true;
                for (long cut = 1; wasCut; cut++) {
                    wasCut = cutAt(cut, new Random(seed), loss);
                }
            }
        }
    }

    /** Installs states with 1, 2, 3 … tables; whether the power was cut before all were installed. */
    private static boolean cutAt(long change, Random random, SimulatedFileSystem.Loss loss) throws IOException {
        SimulatedFileSystem disk = new SimulatedFileSystem();
        disk.createDirectories(DIRECTORY);
        disk.cutPowerAtChange(change);
        long installed = 0;
        boolean created = false;
        boolean cut = false;
        try {
            Manifest manifest = Manifest.create(disk, DIRECTORY, ManifestState.empty(1));
            created = true;
            for (long table = 1; table <= 4; table++) {
                manifest.install(manifest.state().withTables(List.of(), List.of(table)));
                installed = table;
            }
        } catch (IOException e) {
            cut = true;
        }
        disk.powerCut(random, loss);
        Optional<Manifest> found = Manifest.open(disk, DIRECTORY);
        if (created) {
            assertThat(found).as("cut at change " + change).isPresent();
            assertThat((long) found.get().state().tables().size())
                    .as("cut at change " + change + " " + loss)
                    .isBetween(installed, installed + 1);
            found.get().install(found.get().state().withLogPosition(1, 1));
            assertThat(disk.list(DIRECTORY)).hasSize(1);
        }
        return cut;
    }

    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"CREATE", "WRITE", "SYNC"})
    void aFailureBeforeTheRenameChangesNothingAndCanBeTriedAgain(Operation operation) throws IOException {
        Manifest manifest = Manifest.create(files, DIRECTORY, ManifestState.empty(0x5701E));
        files.failCall(operation, 1, new IOException("bad luck"));
        assertThatThrownBy(() -> manifest.install(someState())).hasMessageContaining("bad luck");
        assertThat(manifest.state().tables()).isEmpty();
        assertThat(Manifest.open(files, DIRECTORY).orElseThrow().state().tables()).isEmpty();
        manifest.install(someState());
        assertThat(Manifest.open(files, DIRECTORY).orElseThrow().state()).isEqualTo(someState());
    }

    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"RENAME", "SYNC_DIRECTORY"})
    void aFailureAfterWhichNobodyKnowsRefusesAllLaterChanges(Operation operation) throws IOException {
        Manifest manifest = Manifest.create(files, DIRECTORY, ManifestState.empty(0x5701E));
        files.failCall(operation, 1, new IOException("bad luck"));
        assertThatThrownBy(() -> manifest.install(someState())).hasMessageContaining("bad luck");
        assertThatThrownBy(() -> manifest.install(someState())).hasMessageContaining("refuses");
    }

    @Test
    void aLeftoverThatCannotBeDeletedDoesNotFailTheChange() throws IOException {
        Manifest manifest = Manifest.create(files, DIRECTORY, ManifestState.empty(0x5701E));
        files.failCall(Operation.DELETE, 1, new IOException("bad luck"));
        manifest.install(someState());
        assertThat(manifest.leftoverFailures()).isEqualTo(1);
        assertThat(Manifest.open(files, DIRECTORY).orElseThrow().state()).isEqualTo(someState());
        assertThat(files.list(DIRECTORY)).hasSize(1);
    }

    @Test
    void everyFlippedBitIsFoundAndTheOlderManifestNotTaken() throws IOException {
        Manifest manifest = Manifest.create(files, DIRECTORY, ManifestState.empty(0x5701E));
        Path older = files.list(DIRECTORY).getFirst();
        byte[] olderBytes = files.content(older);
        manifest.install(someState());
        files.overwrite(older, olderBytes);
        Path newest = DIRECTORY.resolve("manifest-000000000002");
        byte[] whole = files.content(newest);
        List<Integer> missed = new ArrayList<>();
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit >>> 3] ^= (byte) (1 << (bit & 7));
            files.overwrite(newest, damaged);
            try {
                Manifest.open(files, DIRECTORY);
                missed.add(bit);
            } catch (CorruptionException e) {
                assertThat(e.file()).isEqualTo(newest);
            }
        }
        assertThat(missed).isEmpty();
    }

    @Test
    void everyCutTailIsFound() throws IOException {
        Manifest.create(files, DIRECTORY, someState());
        Path path = files.list(DIRECTORY).getFirst();
        byte[] whole = files.content(path);
        for (int size = 0; size < whole.length; size++) {
            files.overwrite(path, java.util.Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> Manifest.open(files, DIRECTORY)).isInstanceOf(CorruptionException.class);
        }
    }
}
