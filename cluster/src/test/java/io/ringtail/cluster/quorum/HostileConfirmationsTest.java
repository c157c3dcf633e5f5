package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.QuorumWorld.Shown;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers to {@code CONFIRM} that make no sense: the link they came on ends, each read that waited is doubtful or confirmed, once, and others go on. */
class HostileConfirmationsTest {
    private static final int READS = 3;

    private final QuorumWorld world = new QuorumWorld(3);

    @AfterEach
    void close() {
        world.close();
    }

    private static byte[] answer(int status, int count, int... indexes) {
        MessageWriter writer = new MessageWriter().beginBare();
        writer.writeByte(status).writeInt(count);
        for (int index : indexes) {
            writer.writeVarint(index);
        }
        return writer.toByteArray();
    }

    /** Has reads confirmed by members that answer so; the reads' outcomes. */
    private List<String> outcomes(byte[] answer) {
        List<Shown> shown = new ArrayList<>();
        for (QuorumWorld.Node node : world.nodes) {
            node.nextAnswer = answer;
        }
        for (int i = 0; i < READS; i++) {
            // The same replica is asked about all of them.
            shown.add(world.node(1).show(key("k"), null));
        }
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            node.nextAnswer = null;
            assertThat(node.calls.pendingCount()).isZero();
            assertThat(node.quorums.pendingReads()).isZero();
        }
        return shown.stream().map(Shown::outcome).toList();
    }

    private void assertOthersGoOn(String context) {
        Shown shown = world.node(1).show(key("k"), null);
        world.pass(5);
        assertThat(shown.outcome()).as(context).isEqualTo("confirmed");
    }

    @Test
    void theLinkEndsAndWhatWasNotConfirmedIsDoubtful() {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("k"), hlc(0), "v");
        }
        List<byte[]> wrong = List.of(
                new byte[0],
                answer(6, 0),
                answer(0xFF, 0),
                answer(0, READS + 1, 0, 1, 2, 3),
                answer(0, Integer.MAX_VALUE),
                answer(0, -1),
                answer(0, 1),
                answer(0, 1, READS),
                answer(0, 1, Integer.MAX_VALUE),
                answer(0, 2, 1, 0),
                answer(0, 2, 0, 0),
                Arrays.copyOf(answer(0, 0), 6),
                Arrays.copyOf(answer(0, 0), 3),
                Arrays.copyOf(answer(2, 0), 3));
        for (byte[] answer : wrong) {
            int before = world.malformed.size();
            String context = Arrays.toString(answer);
            assertThat(outcomes(answer)).as(context).hasSize(READS).doesNotContain("pending").contains("doubtful");
            assertThat(world.malformed).as(context).hasSize(before + 1);
            assertOthersGoOn(context);
        }
    }

    @Test
    void anyBytesLeaveNothingPending() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("k"), hlc(0), "v");
        }
        for (int i = 0; i < 500; i++) {
            byte[] answer = new byte[random.nextInt(12)];
            random.nextBytes(answer);
            if (answer.length > 5 && random.nextBoolean()) {
                Arrays.fill(answer, 0, 4, (byte) 0);
            }
            String context = "seed " + seed + ", answer " + i + ": " + Arrays.toString(answer);
            assertThat(outcomes(answer)).as(context).hasSize(READS).doesNotContain("pending");
            assertOthersGoOn(context);
        }
    }
}
