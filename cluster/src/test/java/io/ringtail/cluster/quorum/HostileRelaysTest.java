package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.replica.Relay;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a relay does about messages that no coordinator of this program sends: the link ends, nothing is merged and nothing passed on. Node 1 asks, node 2 relays, 3 and 4 are the others. */
class HostileRelaysTest {
    private final QuorumWorld world = new QuorumWorld(4);

    /** A part of a message that a test makes otherwise. */
    private interface Part {
        void write(MessageWriter message);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static void entry(MessageWriter message, int flags, String name) {
        byte[] value = "v".getBytes(StandardCharsets.US_ASCII);
        message.writeByte(flags);
        if ((flags & Replica.ENTRY_STANDS_IN) != 0) {
            message.writeLong(3);
        }
        message.writeKey(key(name)).writeRecord(new Record().setValue(hlc(0), 1, 0, value, 0, value.length));
    }

    private static void entries(MessageWriter message) {
        message.writeInt(2);
        entry(message, Replica.ENTRY_NEW, "a");
        entry(message, Replica.ENTRY_NEW, "b");
    }

    private static void others(MessageWriter message) {
        message.writeVarint(2);
        message.writeLong(3).writeLong(71).writeVarint(0);
        message.writeLong(4).writeLong(72).writeVarint(1).writeVarint(1);
    }

    private static byte[] message(Part others, Part entries) {
        MessageWriter message = Calls.begin(new MessageWriter(), MessageType.RELAY);
        message.setLong(1, 70);
        message.writeLong(1).writeLong(hlc(0));
        others.write(message);
        entries.write(message);
        return message.toByteArray();
    }

    private void hand(byte[] message) {
        world.sent.clear();
        world.malformed.clear();
        world.node(2).receive(world.node(1), message);
        world.pass(5);
    }

    private void isRefused(String why, byte[] message) {
        hand(message);
        assertThat(world.malformed).as(why).singleElement().asString().contains(why);
        assertThat(world.sent).as(why).isEmpty();
        assertThat(world.node(2).holds(key("a"))).isEqualTo("nothing");
    }

    private static Part other(long member, int... indexes) {
        return message -> {
            message.writeVarint(1).writeLong(member).writeLong(71).writeVarint(indexes.length);
            for (int index : indexes) {
                message.writeVarint(index);
            }
        };
    }

    @Test
    void aMessageAsItShouldBeIsTaken() {
        hand(message(HostileRelaysTest::others, HostileRelaysTest::entries));
        assertThat(world.malformed).isEmpty();
        assertThat(world.sent).containsExactlyInAnyOrder("2>3 WRITE", "2>4 WRITE", "2>1 WRITE_REPLY", "3>2 WRITE_REPLY", "4>2 WRITE_REPLY",
                "2>1 WRITE_REPLY", "2>1 WRITE_REPLY");
        assertThat(world.node(2).holds(key("a")) + world.node(3).holds(key("a")) + world.node(4).holds(key("a"))).isEqualTo("vvnothing");
        assertThat(world.node(2).holds(key("b")) + world.node(3).holds(key("b")) + world.node(4).holds(key("b"))).isEqualTo("vvv");
    }

    @Test
    void whoeverItIsToBePassedOnToIsCheckedFirst() {
        isRefused("a RELAY to nobody", message(to -> to.writeVarint(0), HostileRelaysTest::entries));
        isRefused("a RELAY to its own relay", message(other(2), HostileRelaysTest::entries));
        isRefused("a RELAY to its own sender", message(other(1), HostileRelaysTest::entries));
        isRefused("a RELAY to 000000000003 twice", message(to -> to.writeVarint(2).writeLong(3).writeLong(7).writeVarint(0).writeLong(3).writeLong(8).writeVarint(0),
                HostileRelaysTest::entries));
        isRefused("the limit is " + Relay.MAX_OTHERS, message(to -> to.writeVarint(Relay.MAX_OTHERS + 1), HostileRelaysTest::entries));
        isRefused("entry 0 behind 1", message(other(3, 1, 0), HostileRelaysTest::entries));
        isRefused("entry 1 behind 1", message(other(3, 1, 1), HostileRelaysTest::entries));
        isRefused("entry 2 of 2", message(other(3, 2), HostileRelaysTest::entries));
        isRefused("65536 entries in", message(to -> to.writeVarint(1).writeLong(3).writeLong(7).writeVarint(Replica.MAX_ENTRIES), HostileRelaysTest::entries));
    }

    @Test
    void everyEntryIsCheckedBeforeAnyIsPassedOn() {
        isRefused("0 entries", message(HostileRelaysTest::others, to -> to.writeInt(0)));
        isRefused("-1 entries", message(HostileRelaysTest::others, to -> to.writeInt(-1)));
        isRefused("65536 entries in", message(HostileRelaysTest::others, to -> to.writeInt(Replica.MAX_ENTRIES)));
        isRefused("stands in", message(other(3), to -> {
            to.writeInt(2);
            entry(to, Replica.ENTRY_NEW, "a");
            entry(to, Replica.ENTRY_STANDS_IN, "b");
        }));
        isRefused("1 bytes too many", message(HostileRelaysTest::others, to -> {
            entries(to);
            to.writeByte(0);
        }));
        isRefused("record", message(other(3), to -> {
            to.writeInt(2);
            entry(to, Replica.ENTRY_NEW, "a");
            to.writeByte(0).writeKey(key("b")).writeVarint(3).writeByte(255).writeByte(255).writeByte(255);
        }));
    }

    @Test
    void aRelayInAVersionThatHasNoneIsRefused() {
        world.node(1).newestVersion = ProtocolVersion.RELAYS - 1;
        isRefused("in version " + (ProtocolVersion.RELAYS - 1), message(HostileRelaysTest::others, HostileRelaysTest::entries));
    }

    @Test
    void whateverBytesAMessageHasEitherItIsServedOrTheLinkEndsAndNobodyElsesDoes() {
        byte[] good = message(HostileRelaysTest::others, HostileRelaysTest::entries);
        int refused = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            Random random = new Random(seed);
            byte[] changed = random.nextInt(4) == 0 ? java.util.Arrays.copyOf(good, 9 + random.nextInt(good.length - 9)) : good.clone();
            for (int i = random.nextInt(4); i > 0 && changed.length > 25; i--) {
                // Behind id, epoch and time.
                changed[25 + random.nextInt(changed.length - 25)] = (byte) random.nextInt();
            }
            world.sent.clear();
            world.malformed.clear();
            world.node(2).receive(world.node(1), changed);
            refused += world.malformed.size();
            if (!world.malformed.isEmpty()) {
                assertThat(world.sent).as("seed %d: %s", seed, world.malformed).isEmpty();
            }
        }
        assertThat(refused).isBetween(500, 2_900);
    }
}
