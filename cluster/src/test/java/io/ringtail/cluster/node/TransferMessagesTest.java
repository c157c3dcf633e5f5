package io.ringtail.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.transfer.PageOf;
import io.ringtail.cluster.transfer.TransferPage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What of a page is sent, and what is made of the answers. */
class TransferMessagesTest {
    private final CarryingNode node = new CarryingNode();
    private final TransferMessages messages = new TransferMessages(() -> node.data, node.loop, node.node.clock(), 1_000);
    private final TransferPage page = PageOf.keys(node.store, "a", "b", "c", "d");
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void close() {
        node.close();
    }

    private CarryingNode.Sent write(int... indexes) {
        BitSet which = new BitSet();
        for (int index : indexes) {
            which.set(index);
        }
        messages.write(2, 1, page, which, (written, index) -> told.add(written + " " + index));
        node.loop.pass(1);
        return node.sent.getLast();
    }

    private void answer(CarryingNode.Sent message, MessageWriter answer) {
        node.answer(message, answer);
        node.loop.pass(1);
    }

    @Test
    void recordsThatTheMemberTookOrHasSomethingLaterOfHaveArrived() {
        CarryingNode.Sent message = write(1, 3);
        answer(message, CarryingNode.answerTo(message).writeByte(ReplyStatus.DONE.ordinal()).writeInt(1).writeVarint(0).writeLong(77).writeLong(5));
        assertThat(told).containsExactly("TAKEN -1");
    }

    @Test
    void aRecordFromTheFutureIsToldByItsPlaceInThePage() {
        CarryingNode.Sent message = write(1, 3);
        answer(message, CarryingNode.answerTo(message)
                .writeByte(ReplyStatus.DONE.ordinal()).writeInt(2)
                .writeVarint(0).writeLong(77).writeLong(5)
                .writeVarint(1).writeLong(Replica.REFUSED_FOR_CLOCK).writeLong(-1));
        assertThat(told).containsExactly("TOO_FAR_AHEAD 3");
    }

    @Test
    void whatIsRefusedAsAWholeOrNotAnsweredHasNotArrived() {
        CarryingNode.Sent message = write(0);
        answer(message, CarryingNode.answerTo(message).writeByte(ReplyStatus.BEHIND.ordinal()).writeLong(0).writeText(""));
        CarryingNode.Sent ignored = write(0);
        node.loop.pass(2_000);
        assertThat(told).containsExactly("FAILED -1", "FAILED -1");
    }

    @Test
    void databasesThatWereClearedAreClearedAndOthersAreNot() {
        List<Boolean> cleared = new ArrayList<>();
        long[] floors = new long[16];
        messages.clear(2, 1, floors, cleared::add);
        node.loop.pass(1);
        assertThat(cleared).as("there is nothing to clear").containsExactly(true);
        floors[3] = 9;
        floors[5] = 8;
        messages.clear(2, 1, floors, cleared::add);
        node.loop.pass(1);
        assertThat(node.sent()).containsExactly("2 CLEAR 3", "2 CLEAR 5");
        for (CarryingNode.Sent message : List.copyOf(node.sent)) {
            assertThat(cleared).hasSize(1);
            answer(message, CarryingNode.answerTo(message).writeByte(ReplyStatus.DONE.ordinal()).writeLong(1));
        }
        assertThat(cleared).containsExactly(true, true);
    }
}
