package io.ringtail.cluster.antientropy;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.antientropy.CompareMessage.Difference;
import io.ringtail.cluster.antientropy.CompareMessage.Floor;
import io.ringtail.cluster.antientropy.CompareMessage.Group;
import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever comes from a peer is understood or costs the connection; nothing else happens, and nothing large is made of it. */
class RepairMessageFuzzTest {
    private static final RepairOptions ASKED = new RepairOptions(14, 1 << 30, 0, 600_000);

    private final QuorumWorld world = new QuorumWorld(3);

    @AfterEach
    void close() {
        world.close();
    }

    private static MessageWriter begin(MessageType type) {
        return Calls.begin(new MessageWriter(), type).writeLong(1).writeLong(hlc(0));
    }

    private static MessageWriter compare() {
        MessageWriter message = begin(MessageType.COMPARE);
        CompareMessage.writeRequest(
                message,
                List.of(new Floor(3, hlc(7))),
                2,
                List.of(
                        new Group(new TreeNode(0, 6), 0, new long[] {77}),
                        new Group(new TreeNode(1L << 58, 6), 4, new long[16]),
                        new Group(new TreeNode(5L << 50, 14), 4, new long[16])));
        return message;
    }

    private static MessageWriter list(long from, long through, byte[] after) {
        MessageWriter message = begin(MessageType.LIST);
        new RangeReader.Wanted(1, from, through, after).write(message);
        return message;
    }

    private static MessageWriter fetch(String... keys) {
        MessageWriter message = begin(MessageType.FETCH).writeVarint(keys.length);
        for (String name : keys) {
            message.writeKey(key(name));
        }
        return message;
    }

    private static byte[] bytes(MessageWriter message) {
        return Arrays.copyOf(message.bytes(), message.size());
    }

    private void start() {
        world.nodes.forEach(node -> node.startAntiEntropy(ASKED));
        for (int i = 0; i < 200; i++) {
            world.node(1).put(key("k" + i), hlc(i), "v");
        }
    }

    @Test
    void wholeMessagesAreAnswered() {
        start();
        byte[] after = Arrays.copyOf(key("k1").bytes(), key("k1").size());
        for (MessageWriter message : List.of(compare(), list(0, -1, new byte[0]), list(0, -1, after), fetch("k1", "none"))) {
            world.node(1).receive(world.node(2), bytes(message));
        }
        world.pass(1_000);
        assertThat(world.malformed).isEmpty();
        assertThat(world.count("1>2 COMPARE_REPLY")).isEqualTo(1);
        assertThat(world.count("1>2 LIST_REPLY")).isEqualTo(2);
        assertThat(world.count("1>2 FETCH_REPLY")).isEqualTo(1);
    }

    @Test
    void whatIsCutOffOrChangedEndsTheConnectionAtMost() {
        start();
        List<byte[]> whole = List.of(
                bytes(compare()), bytes(list(9, -1, new byte[0])), bytes(fetch("k1", "k2", "k3")));
        Random random = new Random(11);
        for (byte[] message : whole) {
            for (int size = 1; size < message.length; size++) {
                int before = world.malformed.size();
                world.node(1).receive(world.node(2), Arrays.copyOf(message, size));
                assertThat(world.malformed).as("%d of %d bytes", size, message.length).hasSize(before + 1);
            }
            for (int i = 0; i < 3_000; i++) {
                byte[] changed = message.clone();
                for (int j = 0; j <= random.nextInt(3); j++) {
                    changed[9 + random.nextInt(changed.length - 9)] = (byte) random.nextInt();
                }
                world.node(1).receive(world.node(2), changed);
                world.pass(2);
            }
        }
        world.pass(1_000);
        assertThat(world.node(1).holds(key("k7"))).isIn("v", "deleted");
    }

    @Test
    void countsThatAreTooLargeAreRefusedBeforeAnythingIsMadeOfThem() {
        refused(in -> CompareMessage.readFloors(in), out -> out.writeVarint(257));
        refused(in -> CompareMessage.readGroups(in), out -> out.writeVarint(CompareMessage.MAX_GROUPS + 1));
        refused(in -> CompareMessage.readGroups(in), out -> out.writeVarint(1).writeLong(0).writeByte(3).writeByte(5));
        refused(in -> CompareMessage.readGroups(in), out -> out.writeVarint(1).writeLong(0).writeByte(59).writeByte(4));
        refused(in -> CompareMessage.readGroups(in), out -> out.writeVarint(1).writeLong(0).writeByte(200).writeByte(0));
        refused(in -> CompareMessage.readGroups(in), out -> out.writeVarint(1).writeLong(1).writeByte(3).writeByte(0));
        refused(in -> CompareMessage.readDifferences(in, 16), out -> out.writeVarint(17));
        refused(
                in -> CompareMessage.readDifferences(in, 16),
                out -> out.writeVarint(2).writeVarint(5).writeByte(0).writeVarint(5).writeByte(0));
        refused(in -> RangeReader.readKeys(in), out -> out.writeVarint(RangeReader.PAGE_ENTRIES_MAX + 1));
        refused(in -> RangeReader.Wanted.read(in), out -> out.writeByte(1).writeLong(5).writeLong(4).writeVarint(0));
    }

    private static void refused(Consumer<MessageReader> read, Consumer<MessageWriter> written) {
        MessageWriter out = new MessageWriter();
        written.accept(out.beginBare());
        assertThatThrownBy(() -> read.accept(new MessageReader().wrap(bytes(out), 0, out.size())))
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void differencesAreReadAsTheyWereWritten() {
        List<Difference> differences = List.of(new Difference(0, true), new Difference(3, false), new Difference(15, true));
        MessageWriter out = new MessageWriter().beginBare();
        CompareMessage.writeDifferences(out, differences);
        assertThat(CompareMessage.readDifferences(new MessageReader().wrap(bytes(out), 0, out.size()), 16)).isEqualTo(differences);
    }

    @Test
    void aPageThatDoesNotFitWhatWasAskedForIsRefused() {
        RangeReader.Wanted wanted = new RangeReader.Wanted(1, 0, Long.MAX_VALUE, new byte[0]);
        Digest digest = new Digest().set(new Record().setTombstone(hlc(1), 1));
        List<byte[]> pages = new ArrayList<>();
        MessageWriter twice = new MessageWriter().beginBare().writeVarint(2);
        String low = lowKey();
        digest.write(twice.writeKey(key(low)));
        digest.write(twice.writeKey(key(low)));
        pages.add(bytes(twice.writeByte(0)));
        MessageWriter elsewhere = new MessageWriter().beginBare().writeVarint(1);
        digest.write(elsewhere.writeKey(key(highKey())));
        pages.add(bytes(elsewhere.writeByte(0)));
        // More to come, behind something before its last key; or behind nothing.
        MessageWriter goesBack = new MessageWriter().beginBare().writeVarint(1);
        digest.write(goesBack.writeKey(key(low)));
        pages.add(bytes(goesBack.writeByte(1).writeBytes(new byte[12], 0, 12)));
        pages.add(new byte[] {0, 1, 0});
        for (byte[] page : pages) {
            assertThatThrownBy(() -> new ListedPage(wanted, new MessageReader().wrap(page, 0, page.length)))
                    .isInstanceOf(MalformedMessageException.class);
        }
    }

    private static String lowKey() {
        for (int i = 0; ; i++) {
            if (key("k" + i).token() > 0) {
                return "k" + i;
            }
        }
    }

    private static String highKey() {
        for (int i = 0; ; i++) {
            if (key("k" + i).token() < 0) {
                return "k" + i;
            }
        }
    }

    /** Answers that make no sense end the conversation with an error, whatever it was about, and leave the data as they are. */
    @Test
    void senselessAnswersEndTheConversation() {
        AntiEntropy asking = world.node(1).startAntiEntropy(ASKED);
        world.node(2).startAntiEntropy(ASKED);
        Random random = new Random(4);
        for (int run = 0; run < 300; run++) {
            world.node(2).put(key("k" + run), hlc(run), "v");
            byte[] senseless = new byte[1 + random.nextInt(60)];
            random.nextBytes(senseless);
            senseless[0] = (byte) random.nextInt(3);
            List<RepairReport> reports = new ArrayList<>();
            asking.repairRange(2, 0, -1, 1, reports::add);
            world.pass(random.nextInt(5));
            world.node(2).nextAnswer = senseless;
            world.pass(120_000);
            assertThat(reports).as("run %d: %s", run, Arrays.toString(senseless)).hasSize(1);
        }
        List<RepairReport> reports = new ArrayList<>();
        world.node(2).nextAnswer = null;
        asking.repairRange(2, 0, -1, 1, reports::add);
        world.pass(1_000);
        assertThat(reports).singleElement().matches(RepairReport::isWhole);
        assertThat(world.node(1).holds(key("k299"))).isEqualTo("v");
    }
}
