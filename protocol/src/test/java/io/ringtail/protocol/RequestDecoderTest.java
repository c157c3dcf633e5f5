package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
    @Test
    void decodesAnArrayOfBulkStrings() {
        assertThat(Wire.requests("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\n\0x\r\n"))
                .containsExactly(List.of("SET", "k", "v\r\n\0x"));
    }

    @Test
    void decodesEmptyArguments() {
        assertThat(Wire.requests("*2\r\n$3\r\nGET\r\n$0\r\n\r\n")).containsExactly(List.of("GET", ""));
    }

    @Test
    void decodesAPipelineInOrderAndKeepsTheRestForLater() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        String pipeline = "*1\r\n$1\r\na\r\nb c\r\n*1\r\n$1\r\nd\r\n*2\r\n$1\r\ne\r\n$2\r";
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes(pipeline)));
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("a");
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("b", "c");
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("d");
        assertThat(decoder.next(request)).isFalse();
        assertThat(decoder.bufferedBytes()).isEqualTo(14);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("\nfg\r\n")));
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("e", "fg");
        assertThat(decoder.next(request)).isFalse();
        assertThat(decoder.bufferedBytes()).isZero();
    }

    @Test
    void readsDirectBuffersAndDoesNotReleaseThem() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        ByteBuf in = Unpooled.directBuffer().writeBytes(Wire.bytes("PING\r\n"));
        decoder.feed(in);
        assertThat(in.readableBytes()).isZero();
        assertThat(in.refCnt()).isEqualTo(1);
        in.release();
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("PING");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*0\r\n", "*-1\r\n", "*-7\r\n", "\r\n", "\n", "  \t \r\n", "\r\r\n"})
    void passesOverRequestsOfNoArguments(String nothing) {
        assertThat(Wire.requests(nothing + nothing + "*1\r\n$4\r\nPING\r\n" + nothing))
                .containsExactly(List.of("PING"));
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "*2147483647\\r\\n|invalid multibulk length",
                "*1048577\\r\\n|invalid multibulk length",
                "*4294967297\\r\\n|invalid multibulk length",
                "*18446744073709551617\\r\\n|invalid multibulk length",
                "*9223372036854775808\\r\\n|invalid multibulk length",
                "*-99999999999999999999\\r\\n|invalid multibulk length",
                "*+3\\r\\n|invalid multibulk length",
                "*03\\r\\n|invalid multibulk length",
                "*-0\\r\\n|invalid multibulk length",
                "*00\\r\\n|invalid multibulk length",
                "* 3\\r\\n|invalid multibulk length",
                "*3 \\r\\n|invalid multibulk length",
                "*\\r\\n|invalid multibulk length",
                "*-\\r\\n|invalid multibulk length",
                "*3x\\r\\n|invalid multibulk length",
                "*3\\rx|invalid multibulk length",
                "*3\\n$1\\r\\n|invalid multibulk length",
                "*1\\r\\n$-1\\r\\n|invalid bulk length",
                "*1\\r\\n$-5\\r\\n|invalid bulk length",
                "*1\\r\\n$+3\\r\\n|invalid bulk length",
                "*1\\r\\n$01\\r\\n|invalid bulk length",
                "*1\\r\\n$-0\\r\\n|invalid bulk length",
                "*1\\r\\n$ 1\\r\\n|invalid bulk length",
                "*1\\r\\n$\\r\\n|invalid bulk length",
                "*1\\r\\n$536870913\\r\\n|invalid bulk length",
                "*1\\r\\n$4294967299\\r\\n|invalid bulk length",
                "*1\\r\\n$18446744073709551619\\r\\n|invalid bulk length",
                "*1\\r\\n$3\\rx|invalid bulk length",
                "*1\\r\\n:3\\r\\n|expected '$', got ':'",
                "*1\\r\\n*1\\r\\n|expected '$', got '*'",
                "*1\\r\\n\\r\\n|expected '$', got '\\\\r'",
                "*1\\r\\n\\n\\n|expected '$', got '\\\\n'",
                "*1\\r\\n\u00ff\\r\\n|expected '$', got '\\\\xff'",
                "*1\\r\\n$3\\r\\nabcd\\r\\n|expected CRLF after bulk string",
                "*1\\r\\n$3\\r\\nabc\\rx|expected CRLF after bulk string",
                "*1\\r\\n$3\\r\\nabc\\n\\n|expected CRLF after bulk string",
                "GET \"abc\\r\\n|unbalanced quotes in request",
                "GET 'abc\\r\\n|unbalanced quotes in request",
                "GET \"abc\\\\\"\\r\\n|unbalanced quotes in request",
                "GET \"abc\"d\\r\\n|unbalanced quotes in request",
                "GET 'abc'd\\r\\n|unbalanced quotes in request",
                "GET 'abc\\\\\\r\\n|unbalanced quotes in request",
                "GET \"abc\\\\\\r\\n|unbalanced quotes in request",
            },
            delimiter = '|',
            quoteCharacter = '`')
    void refusesWhatIsNoRequest(String escaped, String message) {
        String input = escaped.replace("\\r", "\r").replace("\\n", "\n").replace("\\\\", "\\");
        String expected = message.replace("\\\\", "\\");
        assertThat(Wire.requests("*1\r\n$4\r\nPING\r\n" + input))
                .containsExactly(List.of("PING"), List.of("!" + expected));
    }

    @Test
    void refusesLinesWithoutEnd() {
        String long64k = "1".repeat(64 * 1024);
        assertThat(Wire.requests("*" + long64k)).containsExactly(List.of("!too big mbulk count string"));
        assertThat(Wire.requests("*1\r\n$" + long64k)).containsExactly(List.of("!too big bulk count string"));
        assertThat(Wire.requests("1" + long64k)).containsExactly(List.of("!too big inline request"));
        assertThat(Wire.requests("1" + long64k + "\r\n")).containsExactly(List.of("!too big inline request"));
        String longest = long64k.substring(1);
        assertThat(Wire.requests(longest + "\r\n")).containsExactly(List.of(longest));
    }

    @Test
    void refusesToGoOnInAnotherRequest() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*2\r\n$1\r\na\r\n")));
        assertThat(decoder.next(new Request())).isFalse();
        assertThatThrownBy(() -> decoder.next(new Request())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void repeatsItsErrorForever() {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*x\r\n")));
        assertThatThrownBy(() -> decoder.next(request)).isInstanceOf(ProtocolException.class);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("PING\r\n")));
        assertThatThrownBy(() -> decoder.next(request)).hasMessage("invalid multibulk length");
        assertThat(decoder.capacityBytes()).isZero();
    }

    @Test
    void allowsLittleBeforeAuthentication() {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
        assertThat(Wire.requests(decoder, new Request(), Wire.bytes("*11\r\n"), 99))
                .containsExactly(List.of("!unauthenticated multibulk length"));
        decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
        assertThat(Wire.requests(decoder, new Request(), Wire.bytes("*1\r\n$16385\r\n"), 99))
                .containsExactly(List.of("!unauthenticated bulk length"));
        decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
        assertThat(Wire.requests(decoder, new Request(), Wire.bytes("a b c d e f g h i j k\r\n"), 99))
                .containsExactly(List.of("!unauthenticated multibulk length"));
        decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
        assertThat(Wire.requests(decoder, new Request(), Wire.bytes("get " + "k".repeat(16385) + "\r\n"), 99999))
                .containsExactly(List.of("!unauthenticated bulk length"));
        decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
        decoder.limits(ProtocolLimits.DEFAULT);
        assertThat(Wire.requests(decoder, new Request(), Wire.bytes("a b c d e f g h i j k\r\n"), 99))
                .containsExactly(List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"));
    }

    @Test
    void refusesToBufferBeyondItsLimit() throws Exception {
        RequestDecoder decoder = new RequestDecoder(new ProtocolLimits(10, 1 << 20, 100, 1000));
        Request request = new Request();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*1\r\n$2000\r\n" + "x".repeat(989))));
        assertThat(decoder.next(request)).isFalse();
        assertThat(decoder.bufferedBytes()).isEqualTo(1000);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("x")));
        assertThatThrownBy(() -> decoder.next(request)).hasMessage("query buffer limit of 1000 bytes exceeded");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1\r\n", "post x\n", "Host: localhost\r\n", "hOsT:\r\n"})
    void hangsUpOnHttpInSilence(String line) throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("GET / HTTP/1.1\r\n" + line + "FLUSHALL\r\n")));
        Request request = new Request();
        assertThat(decoder.next(request)).isTrue();
        ProtocolException e = catchThrowableOfType(ProtocolException.class, () -> decoder.next(request));
        assertThat(e.silent()).isTrue();
        assertThatThrownBy(() -> decoder.next(request)).isSameAs(e);
    }

    @Test
    void otherErrorsAreNotSilent() {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*x\r\n")));
        assertThat(catchThrowableOfType(ProtocolException.class, () -> decoder.next(new Request())).silent()).isFalse();
    }

    @Test
    void aDeclaredLengthCostsNoMemory() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*1048576\r\n$536870912\r\n")));
        assertThat(decoder.next(request)).isFalse();
        assertThat(decoder.capacityBytes()).isLessThanOrEqualTo(1024);
        byte[] piece = new byte[10_000];
        for (int i = 1; i <= 100; i++) {
            decoder.feed(Unpooled.wrappedBuffer(piece));
            assertThat(decoder.next(request)).isFalse();
            assertThat(decoder.capacityBytes())
                    .isLessThanOrEqualTo(Math.max(RequestDecoder.KEPT_BYTES, 2 * decoder.bufferedBytes()));
        }
    }

    @Test
    void aLargeRequestLeavesNoLargeBufferBehind() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        byte[] value = new byte[3_000_000];
        Arrays.fill(value, (byte) 'v');
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("*2\r\n$3\r\nGET\r\n$3000000\r\n")));
        assertThat(decoder.next(request)).isFalse();
        decoder.feed(Unpooled.wrappedBuffer(value, 0, 1_000_000));
        assertThat(decoder.next(request)).isFalse();
        decoder.feed(Unpooled.wrappedBuffer(value, 0, 2_000_000));
        assertThat(decoder.next(request)).isFalse();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("\r\n*1\r\n$4\r\nPI")));
        assertThat(decoder.next(request)).isTrue();
        assertThat(request.bytes(1)).isEqualTo(value);
        assertThat(decoder.next(request)).isFalse();
        assertThat(decoder.capacityBytes()).isLessThanOrEqualTo(RequestDecoder.KEPT_BYTES);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("NG\r\n")));
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(request)).containsExactly("PING");
        assertThat(decoder.next(request)).isFalse();
        decoder.trim();
        assertThat(decoder.capacityBytes()).isZero();
    }

    @Test
    void trimKeepsWhatIsNotDecodedYet() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("PING\r")));
        decoder.trim();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("\n")));
        assertThat(decoder.next(new Request())).isTrue();
    }

    @Test
    void aRequestOfManyArgumentsIsDecoded() {
        StringBuilder input = new StringBuilder("*200000\r\n");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            String argument = Integer.toString(i);
            expected.add(argument);
            input.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        assertThat(Wire.requests(ProtocolLimits.DEFAULT, Wire.bytes(input.toString()), 4093)).containsExactly(expected);
    }

    @Test
    void aCopyOutlivesTheDecodersBuffer() throws Exception {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("SET key value\r\n")));
        assertThat(decoder.next(request)).isTrue();
        Request copy = request.copy();
        decoder.feed(Unpooled.wrappedBuffer(Wire.bytes("XXXXXXXXXXXXXXXX\r\n")));
        assertThat(decoder.next(request)).isTrue();
        assertThat(Wire.arguments(copy)).containsExactly("SET", "key", "value");
    }
}
