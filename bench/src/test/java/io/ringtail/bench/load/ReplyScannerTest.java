package io.ringtail.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReplyScannerTest {
    private final ReplyScanner set = scanner(Load.Command.SET);
    private final ReplyScanner get = scanner(Load.Command.GET);

    @Test
    void repliesAreCountedHoweverTheyWereSplit() throws IOException {
        String replies = "$3\r\nabc\r\n$-1\r\n$3\r\n\r\n$\r\n";
        for (int split = 0; split <= replies.length(); split++) {
            ReplyScanner scanner = scanner(Load.Command.GET);
            ByteBuffer first = bytes(replies.substring(0, split));
            int count = scanner.scan(first, 3);
            String rest = StandardCharsets.US_ASCII.decode(first) + replies.substring(split);
            count += scanner.scan(bytes(rest), 3 - count);
            assertThat(count).as("split at %d", split).isEqualTo(3);
            assertThat(scanner.missing()).as("split at %d", split).isEqualTo(1);
        }
    }

    @Test
    void whatIsNotWholeIsLeftInTheBuffer() throws IOException {
        ByteBuffer in = bytes("+OK\r\n+OK\r\n+O");
        assertThat(set.scan(in, 5)).isEqualTo(2);
        assertThat(in.remaining()).isEqualTo(2);
    }

    @Test
    void anErrorIsNoReplyToBeCounted() {
        assertThatThrownBy(() -> set.scan(bytes("+OK\r\n-ERR no room\r\n"), 2))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("-ERR no room");
        assertThatThrownBy(() -> get.scan(bytes("-E"), 2)).isInstanceOf(IOException.class);
    }

    @Test
    void aReplyOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> set.scan(bytes("$-1\r\n"), 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> get.scan(bytes("+OK\r\n"), 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> get.scan(bytes("$4\r\nabcd\r\n"), 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> get.scan(bytes("$3\r\nabcde"), 1)).isInstanceOf(IOException.class);
    }

    @Test
    void numbersAreCountedHoweverTheyWereSplit() throws IOException {
        String replies = ":1\r\n:20\r\n:300\r\n";
        for (int split = 0; split <= replies.length(); split++) {
            ReplyScanner scanner = scanner(Load.Command.INCR);
            ByteBuffer first = bytes(replies.substring(0, split));
            int count = scanner.scan(first, 3);
            count += scanner.scan(bytes(StandardCharsets.US_ASCII.decode(first) + replies.substring(split)), 3 - count);
            assertThat(count).as("split at %d", split).isEqualTo(3);
        }
        for (String wrong : new String[] {"-ERR not an integer\r\n", ":-1\r\n", ":0\r\n", ":\r\n", "+OK\r\n", ":1x\r\n"}) {
            assertThatThrownBy(() -> scanner(Load.Command.INCR).scan(bytes(wrong), 1)).as(wrong).isInstanceOf(IOException.class);
        }
    }

    @Test
    void moreRepliesThanRequestsAreRefused() {
        assertThatThrownBy(() -> set.scan(bytes("+OK\r\n+OK\r\n"), 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more replies");
    }

    @Test
    void aBatchThatWaitsForReplicasIsAnsweredByTheirNumber() throws IOException {
        String replies = "+OK\r\n+OK\r\n:2\r\n";
        for (int split = 0; split < replies.length(); split++) {
            ReplyScanner scanner = new ReplyScanner(load(Load.Command.SET).awaiting(1));
            ByteBuffer first = bytes(replies.substring(0, split));
            assertThat(scanner.scan(first, 2)).as("split at %d", split).isZero();
            String rest = StandardCharsets.US_ASCII.decode(first) + replies.substring(split);
            assertThat(scanner.scan(bytes(rest), 2)).as("split at %d", split).isEqualTo(2);
            assertThat(scanner.scan(bytes(replies), 2)).as("the next batch").isEqualTo(2);
        }
    }

    @Test
    void aBatchThatTooFewReplicasHaveIsRefused() {
        assertThatThrownBy(() -> new ReplyScanner(load(Load.Command.SET).awaiting(2)).scan(bytes("+OK\r\n:1\r\n"), 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(":1");
    }

    private static ReplyScanner scanner(Load.Command command) {
        return new ReplyScanner(load(command));
    }

    private static Load load(Load.Command command) {
        return new Load(command, Load.KeyOrder.RANDOM, 1, 1, 1, 3, 1, 1);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
