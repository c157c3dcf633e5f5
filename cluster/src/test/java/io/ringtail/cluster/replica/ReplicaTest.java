package io.ringtail.cluster.replica;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a replica answers, and when. */
class ReplicaTest {
    private final QuorumWorld world = new QuorumWorld(3);
    private final QuorumWorld.Node node = world.node(1);
    private final List<byte[]> answers = new ArrayList<>();
    private final Replica replica =
            new Replica(node.data, node, node.clock, node, node, () -> {});
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

    @AfterEach
    void close() {
        world.close();
    }

    private void ask(MessageWriter message) {
        MessageReader reader = new MessageReader();
        MessageType type = reader.begin(message.bytes(), 0, message.size());
        assertThat(replica.request(path, type, reader)).isTrue();
    }

    private static MessageWriter write(long epoch, String name, long hlc) {
        MessageWriter message = Calls.begin(new MessageWriter(), MessageType.WRITE);
        message.writeLong(epoch).writeLong(hlc(0)).writeInt(1).writeByte(0);
        return message.writeKey(key(name)).writeRecord(new Record().setTombstone(hlc, 7));
    }

    private static MessageWriter read(String name, int flags) {
        MessageWriter message = Calls.begin(new MessageWriter(), MessageType.READ);
        return message.writeLong(1).writeLong(hlc(0)).writeInt(1).writeByte(flags).writeKey(key(name));
    }

    /** Of keys of which nothing is held, with versions of all kinds. */
    private static MessageWriter confirm(int count) {
        MessageWriter message = Calls.begin(new MessageWriter(), MessageType.CONFIRM);
        message.writeLong(1).writeLong(hlc(0)).writeInt(count);
        new Digest().set(new Record().setTombstone(hlc(0), 7)).write(message.writeKey(key("a")));
        new Digest().set(new Record().setExpiry(hlc(0), 7, 1)).write(message.writeKey(key("b")));
        return message;
    }

    private void assertMalformed(byte[] message, String why) {
        MessageReader reader = new MessageReader();
        assertThatThrownBy(() -> replica.request(path, reader.begin(message, 0, message.length), reader))
                .as(why)
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void aConfirmationThatCannotBeReadIsMalformedAndTheNextOneIsAnswered() {
        byte[] whole = confirm(2).toByteArray();
        for (int size = 1; size < whole.length; size++) {
            assertMalformed(Arrays.copyOf(whole, size), "cut after " + size);
        }
        assertMalformed(Arrays.copyOf(whole, whole.length + 1), "one byte more");
        for (int count : new int[] {3, Replica.MAX_ENTRIES, Replica.MAX_ENTRIES + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            assertMalformed(confirm(count).toByteArray(), count + " promised");
        }
        int flagsAt = 1 + 8 + 8 + 8 + 4 + 1 + key("a").size();
        for (int flags : new int[] {8, 0x80, 0xFF}) {
            byte[] wrong = whole.clone();
            wrong[flagsAt] = (byte) flags;
            assertMalformed(wrong, "flags " + flags);
        }
        replica.endTurn(0, null);
        assertThat(answers).as("nobody is answered").isEmpty();
        assertThat(replica.heldCount()).isZero();
        ask(confirm(2));
        replica.endTurn(0, null);
        assertThat(answers).hasSize(1);
        assertThat(Arrays.copyOfRange(answers.getFirst(), 9, answers.getFirst().length))
                .as("done; two differ, 0 and 1")
                .containsExactly(0, 0, 0, 0, 2, 0, 1);
    }

    private static ReplyStatus status(byte[] answer) {
        return ReplyStatus.of(answer[9]);
    }

    @Test
    void answersGoWhenTheTurnEndsAndNotBefore() {
        ask(write(1, "a", hlc(0)));
        ask(read("a", 0));
        assertThat(answers).isEmpty();
        replica.endTurn(0, null);
        assertThat(answers).hasSize(2).allMatch(answer -> status(answer) == ReplyStatus.DONE);
    }

    @Test
    void answersWaitUntilTheLogIsDurableAndReadsWithThem() {
        ask(write(1, "a", hlc(0)));
        replica.endTurn(100, null);
        ask(read("a", 0));
        replica.endTurn(0, null);
        assertThat(answers).isEmpty();
        assertThat(replica.heldCount()).isEqualTo(2);
        replica.durable(99);
        assertThat(answers).isEmpty();
        replica.durable(100);
        assertThat(answers).hasSize(2);
        assertThat(replica.heldCount()).isZero();
    }

    @Test
    void aWriteThatTheLogDoesNotTakeIsNotAcknowledged() {
        ask(write(1, "a", hlc(0)));
        replica.endTurn(0, "the disk is full");
        ask(write(1, "b", hlc(0)));
        replica.endTurn(100, null);
        replica.durableNoMore("the disk has failed");
        assertThat(answers).hasSize(2).allMatch(answer -> status(answer) == ReplyStatus.REFUSED);
    }

    @Test
    void anotherEpochIsRefusedAndNothingIsTaken() {
        ask(write(0, "a", hlc(0)));
        ask(write(2, "a", hlc(0)));
        node.frozen = true;
        ask(write(1, "a", hlc(0)));
        replica.endTurn(0, null);
        assertThat(answers.stream().map(ReplicaTest::status))
                .containsExactly(ReplyStatus.STALE_EPOCH, ReplyStatus.BEHIND, ReplyStatus.FROZEN);
        assertThat(node.heard).containsExactly("2 at 2");
        assertThat(node.holds(key("a"))).isEqualTo("nothing");
    }

    @Test
    void damagedRequestsEndInAnAnswerOrAreMalformed() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        MessageWriter scan = Calls.begin(new MessageWriter(), MessageType.SCAN).writeLong(1).writeLong(hlc(0));
        new ReplicaScan.Request(0, 0, -1, new byte[0], 10, 1000).write(scan);
        MessageWriter clear = Calls.begin(new MessageWriter(), MessageType.CLEAR).writeLong(1).writeLong(hlc(0)).writeByte(3);
        List<byte[]> whole = List.of(
                write(1, "a", hlc(0)).toByteArray(), read("a", Replica.ENTRY_MAY_BLOCK).toByteArray(),
                confirm(2).toByteArray(), scan.toByteArray(), clear.toByteArray());
        for (int i = 0; i < 5_000; i++) {
            byte[] message = whole.get(random.nextInt(whole.size())).clone();
            if (random.nextInt(3) == 0) {
                message = Arrays.copyOf(message, 1 + random.nextInt(message.length));
            }
            for (int j = random.nextInt(4); j > 0; j--) {
                // Not the type: others are served elsewhere.
                int at = 1 + random.nextInt(Math.max(1, message.length - 1));
                if (at < message.length) {
                    message[at] = (byte) random.nextInt();
                }
            }
            int before = world.malformed.size();
            node.receive(world.node(2), message);
            world.pass(1);
            assertThat(world.malformed.size() - before).as("seed %d, message %d", seed, i).isLessThanOrEqualTo(1);
            assertThat(node.store.writeLock().isLocked()).isFalse();
        }
        assertThat(world.malformed).isNotEmpty();
    }
}
