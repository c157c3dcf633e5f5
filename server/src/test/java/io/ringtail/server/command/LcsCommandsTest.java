package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LcsCommandsTest {
    private final CommandTester tester = new CommandTester();

    @BeforeEach
    void twoTexts() {
        tester.expect("MSET a ohmytext b mynewtext", "OK");
    }

    @Test
    void theSubsequenceItsLengthAndItsPlaces() {
        tester.expect(
                "LCS a b", "\"mytext\"",
                "LCS a b LEN", ":6",
                "LCS a b IDX", "[\"matches\" [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] \"len\" :6]",
                "LCS a b IDX MINMATCHLEN 4", "[\"matches\" [[[:4 :7] [:5 :8]]] \"len\" :6]",
                "LCS a b IDX MINMATCHLEN -9223372036854775808 WITHMATCHLEN",
                        "[\"matches\" [[[:4 :7] [:5 :8] :4] [[:2 :3] [:0 :1] :2]] \"len\" :6]",
                "LCS a none", "\"\"",
                "LCS none none LEN", ":0",
                "LCS a none IDX", "[\"matches\" [] \"len\" :0]",
                "LCS a a", "\"ohmytext\"");
        tester.protocolVersion = 3;
        tester.expect("LCS a none IDX", "{\"matches\" [] \"len\" :0}");
    }

    @Test
    void wrongOptions() {
        tester.expect(
                "LCS a b LEN IDX", "-ERR If you want both the length and indexes, please just use IDX.",
                "LCS a b FOO", "-ERR syntax error",
                "LCS a b MINMATCHLEN", "-ERR syntax error",
                "LCS a b IDX MINMATCHLEN x", "-ERR value is not an integer or out of range");
    }

    @Test
    void aTableBeyondTheLimitIsRefused() {
        tester.call.limits(16, 4 * 90);
        tester.expect("LCS a b LEN", ":6", "APPEND b s", ":10");
        assertThat(tester.run("LCS a b LEN"))
                .isEqualTo("-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
}
