package io.ringtail.cluster.node;

import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.membership.MembershipListener;
import io.ringtail.cluster.membership.MembershipSettings;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.register.TopologyAcceptor;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** One node with an event loop whose messages are noted, and answered as the test says. */
final class CarryingNode implements AutoCloseable {
    private static final Path DIRECTORY = Path.of("/node");

    /** A message that went out. */
    record Sent(long memberId, byte[] message) {}

    final ManualLoop loop = new ManualLoop();
    final List<Sent> sent = new ArrayList<>();
    final Store store;
    final HintStore hints;
    final ClusterNode node;
    final DataLoop data;
    private final SimulatedFileSystem files = new SimulatedFileSystem();

    CarryingNode() {
        try {
            StoreOptions options = StoreOptions.of(DIRECTORY)
                    .withFileSystem(files)
                    .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                    .withoutThreads();
            store = Store.open(options, StoreListener.NONE);
            hints = HintStore.open(options, HintOptions.of(1 << 20, 3_600_000, 1 << 20), StoreListener.NONE);
            Transport transport = new Transport() {
                @Override
                public boolean send(long memberId, byte[] message, int offset, int size) {
                    return sent.add(new Sent(memberId, Arrays.copyOfRange(message, offset, offset + size)));
                }

                @Override
                public boolean isResponsive(long memberId) {
                    return true;
                }
            };
            node = new ClusterNode(
                    new NodeOptions(
                            QuorumOptions.DEFAULT, GossipOptions.DEFAULT, RepairOptions.DEFAULT, NodeClock.DEFAULT_MAX_DRIFT_MILLIS,
                            NodeOptions.DEFAULT_STREAM_BYTES_PER_SECOND),
                    new ClusterNode.Place(
                            store, hints, new TopologyFile(files, DIRECTORY, store.nodeId()), () -> 1_700_000_000_000L, loop, transport,
                            new Links() {
                                @Override
                                public void members(List<Member> others) {}

                                @Override
                                public void meet(String host, int port, LongConsumer reached) {}
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
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has the node take its place in a cluster that it is a member of, as its topology file says. */
    void startAs(Function<Member, Topology> cluster) throws IOException {
        Member self = new Member(store.nodeId(), "self", 1_000, 2_000, 1, "");
        Topology topology = cluster.apply(self);
        TopologyAcceptor ignored = TopologyAcceptor.begin(self.id(), new TopologyFile(files, DIRECTORY, self.id()), () -> false, topology);
        node.start(new MembershipSettings(
                topology.clusterName(), self, topology.partitions(), topology.keyspaces(), List.of(), Set.of()));
        loop.pass(1);
    }

    static Key key(String name) {
        return new Key().set(0, name.getBytes(StandardCharsets.UTF_8));
    }

    /** What has been sent since this was asked for last, sorted: {@code "3 WRITE a b"}, {@code "2 CLEAR 0"}. */
    List<String> sent() {
        TreeSet<String> texts = new TreeSet<>();
        for (Sent each : sent) {
            texts.add(each.memberId() + " " + text(each.message()));
        }
        return List.copyOf(texts);
    }

    private static String text(byte[] message) {
        MessageReader body = new MessageReader();
        MessageType type = body.begin(message, 0, message.length);
        long ignoredId = body.readLong();
        long ignoredEpoch = body.readLong();
        long ignoredHlc = body.readLong();
        StringBuilder text = new StringBuilder(type.toString());
        if (type == MessageType.CLEAR) {
            return text.append(' ').append(body.readByte()).toString();
        }
        Key key = new Key();
        for (int i = body.readInt(); i > 0; i--) {
            int ignoredFlags = body.readByte();
            body.readKey(key);
            body.readRecord(new Record());
            text.append(' ').append(new String(key.userKey(), StandardCharsets.UTF_8));
        }
        body.finish();
        return text.toString();
    }

    /** Begins an answer to a message that was sent. */
    static MessageWriter answerTo(Sent message) {
        MessageReader body = new MessageReader();
        MessageType type = body.begin(message.message(), 0, message.message().length);
        MessageType answer = type == MessageType.WRITE ? MessageType.WRITE_REPLY : type == MessageType.CLEAR ? MessageType.CLEAR_REPLY : MessageType.CONFIRM_REPLY;
        return Calls.beginReply(new MessageWriter(), answer, body.readLong());
    }

    /** Hands in the answer to a message. */
    void answer(Sent message, MessageWriter answer) {
        data.reply(message.memberId(), answer.bytes(), 0, answer.size());
    }

    @Override
    public void close() {
        try {
            data.close();
            store.close();
            hints.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
