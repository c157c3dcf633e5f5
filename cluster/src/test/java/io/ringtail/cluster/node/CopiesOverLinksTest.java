package io.ringtail.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.coordinator.Forwarding;
import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.membership.MembershipListener;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an event loop does with {@code COPIES} and answers to it that cannot be read: the link they came on ends, whoever asked over it is told, and others go on. */
class CopiesOverLinksTest {
    private static final Path DIRECTORY = Path.of("/node");
    private static final int HEADER = 9;

    private final ManualLoop loop = new ManualLoop();
    private final List<byte[]> asked = new ArrayList<>();
    private final List<byte[]> answers = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final ReplyPath path = new ReplyPath() {
        @Override
        public long memberId() {
            return 2;
        }

        @Override
        public void send(byte[] message, int offset, int size) {
            answers.add(Arrays.copyOfRange(message, offset, offset + size));
        }
    };
    private Store store;
    private HintStore hints;
    private DataLoop data;

    @BeforeEach
    void open() throws IOException {
        SimulatedFileSystem files = new SimulatedFileSystem();
        StoreOptions options = StoreOptions.of(DIRECTORY)
                .withFileSystem(files)
                .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                .withoutThreads();
        store = Store.open(options, StoreListener.NONE);
        hints = HintStore.open(options, HintOptions.of(1 << 20, 3_600_000, 1 << 20), StoreListener.NONE);
        Transport transport = new Transport() {
            @Override
            public boolean send(long memberId, byte[] message, int offset, int size) {
                return asked.add(Arrays.copyOfRange(message, offset, offset + size));
            }

            @Override
            public boolean isResponsive(long memberId) {
                return true;
            }
        };
        ClusterNode node = new ClusterNode(
                new NodeOptions(
                        QuorumOptions.DEFAULT,
                        GossipOptions.DEFAULT,
                        RepairOptions.DEFAULT,
                        NodeClock.DEFAULT_MAX_DRIFT_MILLIS,
                        NodeOptions.DEFAULT_STREAM_BYTES_PER_SECOND),
                new ClusterNode.Place(
                        store,
                        hints,
                        new TopologyFile(files, DIRECTORY, store.nodeId()),
                        () -> 1_700_000_000_000L,
                        loop,
                        transport,
                        new Links() {
                            @Override
                            public void members(List<Member> others) {}

                            @Override
                            public void contact(String host, int port) {}
                        },
                        new Random(1),
                        new MembershipListener() {
                            @Override
                            public void joined(Topology topology) {}

                            @Override
                            public void epochBegan(Topology topology) {}
                        },
                        StoreListener.NONE,
                        () -> new SelfReport(0, 0, 0, 0, 0, false)));
        data = node.dataLoop(loop, transport, () -> {}, (from, id, acceptances, array, offset, size) -> {});
    }

    @AfterEach
    void close() throws IOException {
        data.close();
        store.close();
        hints.close();
    }

    private static byte[] question() {
        return new CopiesMessage.Question(7, false)
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES, 42))
                .toByteArray();
    }

    private byte[] answer(int question) {
        MemberSet acceptors = new MemberSet();
        acceptors.add(3);
        byte[] message = new CopiesMessage.Answer(true, 2, false, acceptors)
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES_REPLY, 0))
                .toByteArray();
        // With the id of what was asked.
        System.arraycopy(asked.get(question), 1, message, 1, 8);
        return message;
    }

    /** Every message that a changed byte, a cut or one byte more makes of one, behind its header. */
    private static List<byte[]> damaged(byte[] whole, int... wrongAt) {
        List<byte[]> damaged = new ArrayList<>();
        for (int size = HEADER; size < whole.length; size++) {
            damaged.add(Arrays.copyOf(whole, size));
        }
        damaged.add(Arrays.copyOf(whole, whole.length + 1));
        for (int at : wrongAt) {
            byte[] wrong = whole.clone();
            wrong[at] = (byte) 0xFF;
            damaged.add(wrong);
        }
        return damaged;
    }

    @Test
    void aQuestionThatCannotBeReadIsAnsweredByNobodyAndTheNextOneIs() {
        List<byte[]> wrong = damaged(question(), question().length - 1);
        wrong.add(answerAsARequest());
        for (byte[] message : wrong) {
            assertThatThrownBy(() -> data.request(path, message, 0, message.length))
                    .as(HexFormat.of().formatHex(message))
                    .isInstanceOf(MalformedMessageException.class);
        }
        loop.pass(1000);
        assertThat(answers).isEmpty();
        data.request(path, question(), 0, question().length);
        loop.pass(1);
        assertThat(answers).hasSize(1);
        assertThat(Arrays.copyOfRange(answers.getFirst(), HEADER, answers.getFirst().length))
                .as("of that client it knows nothing")
                .containsExactly(0, 0, 0, 0);
    }

    private static byte[] answerAsARequest() {
        return new CopiesMessage.Answer(true, 2, false, new MemberSet())
                .write(Calls.beginReply(new MessageWriter(), MessageType.COPIES_REPLY, 42))
                .toByteArray();
    }

    private void ask(long memberId) {
        data.ask(memberId, 7, false, new Forwarding.CopiesListener() {
            @Override
            public void told(boolean synced, int copies, boolean settled, MemberSet acceptors) {
                told.add(memberId + ": " + copies + " copies");
            }

            @Override
            public void failed() {
                told.add(memberId + " failed");
            }
        });
    }

    @Test
    void anAnswerThatCannotBeReadFailsWhatItAnswersAndNothingElse() {
        ask(2);
        ask(3);
        List<byte[]> wrong = damaged(answer(0), HEADER, HEADER + 2, HEADER + 3);
        asked.clear();
        told.clear();
        assertThat(data.pendingCalls()).isEqualTo(2);
        loop.pass(60_000);
        assertThat(data.pendingCalls()).as("nobody has answered").isZero();
        for (byte[] message : wrong) {
            told.clear();
            asked.clear();
            ask(2);
            ask(3);
            System.arraycopy(asked.getFirst(), 1, message, 1, 8);
            assertThatThrownBy(() -> data.reply(2, message, 0, message.length))
                    .as(HexFormat.of().formatHex(message))
                    .isInstanceOf(MalformedMessageException.class);
            data.linkDown(2);
            loop.pass(1);
            assertThat(told).containsExactly("2 failed");
            byte[] good = answer(1);
            data.reply(3, good, 0, good.length);
            assertThat(told).containsExactly("2 failed", "3: 2 copies");
            assertThat(data.pendingCalls()).isZero();
        }
    }
}
