package io.ringtail.protocol.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyDecoderTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static List<Reply> replies(byte[] input, int pieceBytes) throws ProtocolException {
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        List<Reply> replies = new ArrayList<>();
        for (int at = 0; at < input.length; at += pieceBytes) {
            decoder.feed(Unpooled.wrappedBuffer(input, at, Math.min(pieceBytes, input.length - at)));
            for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                replies.add(reply);
            }
        }
        assertThat(decoder.bufferedBytes()).isZero();
        return replies;
    }

    private static Reply only(String input) throws ProtocolException {
        List<Reply> replies = replies(bytes(input), input.length());
        for (int pieceBytes = 1; pieceBytes < input.length(); pieceBytes++) {
            assertThat(replies(bytes(input), pieceBytes)).as("pieces of %s", pieceBytes).isEqualTo(replies);
        }
        assertThat(replies).hasSize(1);
        return replies.getFirst();
    }

    private static Reply bulk(String text) {
        return new Reply.Bulk(bytes(text));
    }

    private static Reply number(long value) {
        return new Reply.Int(value);
    }

    @Test
    void decodesResp2() throws Exception {
        assertThat(only("+OK\r\n")).isEqualTo(new Reply.SimpleString("OK"));
        assertThat(only("+\r\n")).isEqualTo(new Reply.SimpleString(""));
        Reply error = only("-WRONGTYPE no\r\n");
        assertThat(error).isEqualTo(new Reply.Failure("WRONGTYPE no"));
        assertThat(((Reply.Failure) error).prefix()).isEqualTo("WRONGTYPE");
        assertThat(only(":-12\r\n")).isEqualTo(number(-12));
        assertThat(only(":-9223372036854775808\r\n")).isEqualTo(number(Long.MIN_VALUE));
        assertThat(only("$0\r\n\r\n")).isEqualTo(bulk(""));
        assertThat(only("$4\r\na\r\nb\r\n")).isEqualTo(bulk("a\r\nb"));
        assertThat(only("$-1\r\n")).isEqualTo(new Reply.Nil());
        assertThat(only("*-1\r\n")).isEqualTo(new Reply.Nil());
        assertThat(only("*0\r\n")).isEqualTo(new Reply.Array(List.of()));
        assertThat(only("*2\r\n*2\r\n:1\r\n*0\r\n$1\r\nx\r\n"))
                .isEqualTo(new Reply.Array(
                        List.of(new Reply.Array(List.of(number(1), new Reply.Array(List.of()))), bulk("x"))));
    }

    @Test
    void decodesResp3() throws Exception {
        assertThat(only("_\r\n")).isEqualTo(new Reply.Nil());
        assertThat(only("#t\r\n")).isEqualTo(new Reply.Bool(true));
        assertThat(only("#f\r\n")).isEqualTo(new Reply.Bool(false));
        assertThat(only(",3.5\r\n")).isEqualTo(new Reply.Real(3.5));
        assertThat(only(",-1e-7\r\n")).isEqualTo(new Reply.Real(-1e-7));
        assertThat(only(",inf\r\n")).isEqualTo(new Reply.Real(Double.POSITIVE_INFINITY));
        assertThat(only(",-inf\r\n")).isEqualTo(new Reply.Real(Double.NEGATIVE_INFINITY));
        assertThat(only(",nan\r\n")).isEqualTo(new Reply.Real(Double.NaN));
        assertThat(only("(-123456789012345678901\r\n"))
                .isEqualTo(new Reply.BigNumber(new BigInteger("-123456789012345678901")));
        assertThat(only("=8\r\ntxt:abcd\r\n")).isEqualTo(new Reply.Verbatim("txt", "abcd"));
        assertThat(only("!5\r\nERR x\r\n")).isEqualTo(new Reply.Failure("ERR x"));
        assertThat(only("~2\r\n:1\r\n:2\r\n")).isEqualTo(new Reply.Set(List.of(number(1), number(2))));
        assertThat(only(">1\r\n$1\r\nx\r\n")).isEqualTo(new Reply.Push(List.of(bulk("x"))));
        assertThat(only("%2\r\n:1\r\n*1\r\n:2\r\n:3\r\n%0\r\n"))
                .isEqualTo(new Reply.Map(List.of(
                        new Reply.Entry(number(1), new Reply.Array(List.of(number(2)))),
                        new Reply.Entry(number(3), new Reply.Map(List.of())))));
    }

    @Test
    void attributesStayWithTheirReply() throws Exception {
        Reply.Map ttl = new Reply.Map(List.of(new Reply.Entry(bulk("ttl"), number(9))));
        assertThat(only("|1\r\n$3\r\nttl\r\n:9\r\n+OK\r\n"))
                .isEqualTo(new Reply.Attributed(ttl, new Reply.SimpleString("OK")));
        assertThat(only("*2\r\n|1\r\n$3\r\nttl\r\n:9\r\n*1\r\n:1\r\n:2\r\n"))
                .isEqualTo(new Reply.Array(
                        List.of(new Reply.Attributed(ttl, new Reply.Array(List.of(number(1)))), number(2))));
        assertThat(only("|0\r\n:1\r\n")).isEqualTo(number(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\r\n", "\r\n", ":+3\r\n", ":01\r\n", ":\r\n", ":9223372036854775808\r\n", "$-2\r\n", "$+1\r\n",
                "$536870913\r\n",
                "$18446744073709551617\r\n", "$1\r\nab\r\n", "*-2\r\n", "*2147483648\r\n", "*x\r\n", "%-1\r\n",
                "~-1\r\n", "=-1\r\n",
                "_x\r\n", "#\r\n", "#x\r\n", "#tt\r\n", ",\r\n", ",NaN\r\n", ",0x1p3\r\n", ",1d\r\n", ", 1\r\n",
                ",--1\r\n",
                "(\r\n", "(-\r\n", "(1.5\r\n", "(+1\r\n", "=3\r\nabc\r\n", "=4\r\nabcd\r\n",
                "+a\rb\r\n", "$?\r\n", "*?\r\n"
            })
    void refusesWhatIsNoReply(String input) {
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(bytes(input)));
        assertThatThrownBy(decoder::next).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(decoder::next).isInstanceOf(ProtocolException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n", "%1\r\n+k\r\n", "|1\r\n+k\r\n", "|1\r\n+k\r\n+v\r\n", "~1\r\n", ">1\r\n"})
    void aMillionNestedAggregatesAreRefusedEarly(String opening) {
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(bytes(opening.repeat(1_000_000))));
        assertThatThrownBy(decoder::next).hasMessage("nested deeper than 128");
        assertThat(decoder.capacityBytes()).isZero();
    }

    @Test
    void declaredLengthsCostNoMemory() throws Exception {
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(bytes("*2147483647\r\n*2147483647\r\n$536870912\r\n")));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.capacityBytes()).isLessThanOrEqualTo(1024);
    }

    @Test
    void repliesAndLinesAreBounded() throws Exception {
        ReplyDecoder decoder = new ReplyDecoder(new ReplyLimits(8, 100, 1000, 1000));
        decoder.feed(Unpooled.wrappedBuffer(bytes("*1000\r\n" + ":1\r\n".repeat(248))));
        assertThat(decoder.next()).isNull();
        decoder.feed(Unpooled.wrappedBuffer(bytes(":1\r\n")));
        assertThatThrownBy(decoder::next).hasMessage("a reply of more than 1000 bytes");

        ReplyDecoder lines = new ReplyDecoder(new ReplyLimits(8, 100, 1000, 1000));
        lines.feed(Unpooled.wrappedBuffer(bytes("+" + "x".repeat(100))));
        assertThatThrownBy(lines::next).hasMessage("too long a line");
    }

    @Test
    void manyRepliesDoNotAddUp() throws Exception {
        ReplyDecoder decoder = new ReplyDecoder(new ReplyLimits(8, 100, 1000, 100));
        for (int i = 0; i < 1000; i++) {
            decoder.feed(Unpooled.wrappedBuffer(bytes("*2\r\n:1\r\n:2\r\n:3\r\n")));
            assertThat(decoder.next()).isNotNull();
            assertThat(decoder.next()).isEqualTo(number(3));
            assertThat(decoder.next()).isNull();
        }
    }

    /** The buffer's contents move while a line is searched for its end. */
    @Test
    void linesMayLieAcrossTheBuffersEnd() throws Exception {
        StringBuilder lines = new StringBuilder();
        List<Reply> expected = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            String text = "w".repeat(i * 37 % 51);
            lines.append('+').append(text).append("\r\n");
            expected.add(new Reply.SimpleString(text));
        }
        for (int pieceBytes = 1; pieceBytes < 300; pieceBytes++) {
            assertThat(replies(bytes(lines.toString()), pieceBytes)).as("pieces of %s", pieceBytes).isEqualTo(expected);
        }
    }

    @Test
    void aLargeReplyLeavesNoLargeBufferBehind() throws Exception {
        byte[] value = new byte[1_000_000];
        value[value.length - 1] = 1;
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(bytes("$1000000\r\n")));
        decoder.feed(Unpooled.wrappedBuffer(value));
        assertThat(decoder.next()).isNull();
        decoder.feed(Unpooled.wrappedBuffer(bytes("\r\n+O")));
        assertThat(decoder.next()).isEqualTo(new Reply.Bulk(value));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.capacityBytes()).isLessThanOrEqualTo(ReplyDecoder.KEPT_BYTES);
        decoder.feed(Unpooled.wrappedBuffer(bytes("K\r\n")));
        assertThat(decoder.next()).isEqualTo(new Reply.SimpleString("OK"));
    }
}
