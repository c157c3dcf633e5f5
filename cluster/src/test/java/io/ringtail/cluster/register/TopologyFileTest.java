package io.ringtail.cluster.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.io.SimulatedFileSystem.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopologyFileTest {
    private static final Path DIRECTORY = Path.of("/data");
    private static final Path FILE = DIRECTORY.resolve("topology");
    private static final Topology FIRST =
            Topology.alone(9, "c", new Member(7, "host", 1, 2, 3, "rack"), 16, List.of(Keyspace.DEFAULT));
    private static final RegisterState STATE = RegisterState.after(FIRST);
    private static final RegisterState LATER = new RegisterState(
            FIRST, new Ballot(5, 7), new Ballot(4, 8), FIRST.next(FIRST.members(), FIRST.owners(), FIRST.keyspaces()), true);

    private final SimulatedFileSystem files = new SimulatedFileSystem();

    private TopologyFile file() {
        return new TopologyFile(files, DIRECTORY, 7);
    }

    @BeforeEach
    void save() throws IOException {
        file().save(STATE);
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        assertThat(file().load()).contains(STATE);
        file().save(LATER);
        assertThat(file().load()).contains(LATER);
    }

    @Test
    void withoutAFileThereIsNothing() throws IOException {
        assertThat(new TopologyFile(new SimulatedFileSystem(), DIRECTORY, 7).load()).isEmpty();
    }

    @Test
    void everyFlippedBitAndEveryTruncationIsCorruption() throws IOException {
        file().save(LATER);
        byte[] good = files.content(FILE);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            files.overwrite(FILE, bad);
            assertThatThrownBy(() -> file().load()).as("bit %d", bit).isInstanceOf(CorruptionException.class);
        }
        for (int size = 0; size < good.length; size++) {
            files.overwrite(FILE, Arrays.copyOf(good, size));
            assertThatThrownBy(() -> file().load()).as("size %d", size).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void anotherNodesFileIsRefused() {
        assertThatThrownBy(() -> new TopologyFile(files, DIRECTORY, 8).load())
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("topology file of node 000000000007, this is 000000000008");
    }

    @Test
    void aPowerCutLeavesTheOldStateOrTheNewAndOnceSavedTheNew() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            SimulatedFileSystem disk = new SimulatedFileSystem();
            new TopologyFile(disk, DIRECTORY, 7).save(STATE);
            disk.cutPowerAtChange(1 + random.nextInt(8));
            boolean saved;
            try {
                new TopologyFile(disk, DIRECTORY, 7).save(LATER);
                saved = true;
            } catch (IOException e) {
                saved = false;
            }
            disk.powerCut(random);
            RegisterState found = new TopologyFile(disk, DIRECTORY, 7).load().orElseThrow();
            if (saved) {
                assertThat(found).as("seed %d", seed).isEqualTo(LATER);
            } else {
                assertThat(found).as("seed %d", seed).isIn(STATE, LATER);
            }
        }
    }

    @Test
    void afterAFailedWriteTheNextMaySucceedButAfterAFailedRenameNothingIsWrittenAnyMore() throws IOException {
        TopologyFile file = file();
        files.failCall(Operation.SYNC, 1, new IOException("no"));
        assertThatThrownBy(() -> file.save(LATER)).hasMessageContaining("no");
        assertThat(file.isUncertain()).isFalse();
        file.save(LATER);
        files.failCall(Operation.SYNC_DIRECTORY, 1, new IOException("gone"));
        assertThatThrownBy(() -> file.save(STATE)).hasMessageContaining("gone");
        assertThat(file.isUncertain()).isTrue();
        assertThatThrownBy(() -> file.save(STATE)).hasMessageContaining("refuses changes since an earlier failure");
    }

    @Test
    void aVoteThatCouldNotBeWrittenDownIsNotGivenAndANodeThatDidNotFreezeOnDiskIsNotFrozen() throws IOException {
        TopologyAcceptor acceptor = TopologyAcceptor.load(7, file(), () -> true).orElseThrow();
        files.failCall(Operation.WRITE, 1, new IOException("full"));
        assertThatThrownBy(() -> acceptor.prepare(9, 1, new Ballot(1, 7), true)).hasMessageContaining("full");
        assertThat(acceptor.isFrozen()).isFalse();
        assertThat(acceptor.promised()).isEqualTo(Ballot.NONE);
        assertThat(acceptor.prepare(9, 1, new Ballot(1, 7), true).isFrozen()).isTrue();
        files.powerCut(new Random(1));
        assertThat(TopologyAcceptor.load(7, file(), () -> true).orElseThrow().isFrozen()).isTrue();
    }
}
