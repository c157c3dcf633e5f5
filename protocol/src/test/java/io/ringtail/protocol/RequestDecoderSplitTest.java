package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where reads end must not matter: neither for requests nor for errors. */
class RequestDecoderSplitTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(100, 40_000, 50, 1 << 20);

    static List<String> corpus() {
        return List.of(
                "*1\r\n$4\r\nPING\r\n",
                "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n",
                "*2\r\n$0\r\n\r\n$2\r\n\r\n\r\n*0\r\n*-1\r\n\r\n\nPING\r\nPING\n*1\r\n$1\r\nx\r\n",
                "set \"a\\x41\\n b\" 'it\\'s' plain\"x\"\r\nget \"\"\r\n",
                "*2\r\n$14\r\n*1\r\n$4\r\nPING\r\n\r\n$10\r\n0123456789\r\nPING\r\n",
                "*1\r\n$3\r\nabcd\r\n",
                "*1\r\n$3\r\nab\rxx",
                "*1\r\n$-5\r\n",
                "PING\r\n*01\r\n",
                "PING\r\n*1\rx",
                "PING\r\n*9223372036854775808\r\n",
                "*2\r\n$1\r\na\r\n!1\r\n",
                "GET \"open\r\nPING\r\n",
                "*2\r\n$1\r\na\r\n$" + "1".repeat(60) + "\r\n",
                "*" + "1".repeat(60) + "\r\n",
                "a".repeat(60) + "\r\n",
                "GET x\r\nHost: x\r\nPING\r\n");
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void everySplitGivesTheSame(String text) {
        byte[] input = Wire.bytes(text);
        List<List<String>> whole = Wire.requests(LIMITS, input, input.length);
        assertThat(whole).isNotEmpty();
        for (int split = 1; split < input.length; split++) {
            assertThat(inTwo(input, split)).as("split at %s", split).isEqualTo(whole);
        }
        for (int pieceBytes = 1; pieceBytes < input.length; pieceBytes++) {
            assertThat(Wire.requests(LIMITS, input, pieceBytes)).as("pieces of %s", pieceBytes).isEqualTo(whole);
        }
    }

    private static List<List<String>> inTwo(byte[] input, int split) {
        RequestDecoder decoder = new RequestDecoder(LIMITS);
        Request request = new Request();
        byte[] first = new byte[split];
        byte[] second = new byte[input.length - split];
        System.arraycopy(input, 0, first, 0, split);
        System.arraycopy(input, split, second, 0, second.length);
        List<List<String>> requests = new ArrayList<>(Wire.requests(decoder, request, first, first.length));
        if (requests.stream().noneMatch(r -> r.getFirst().startsWith("!"))) {
            requests.addAll(Wire.requests(decoder, request, second, second.length));
        }
        return requests;
    }

    /** The buffer's contents move while a line is searched for its end. */
    @Test
    void linesMayLieAcrossTheBuffersEnd() {
        StringBuilder lines = new StringBuilder();
        List<List<String>> expected = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            String word = "w".repeat(1 + i * 37 % 49);
            lines.append(word).append(i % 2 == 0 ? "\r\n*-123456789\r\n" : "\r\n*1\r\n$1\r\nx\r\n");
            expected.add(List.of(word));
            if (i % 2 == 1) {
                expected.add(List.of("x"));
            }
        }
        byte[] input = Wire.bytes(lines.toString());
        for (int pieceBytes = 1; pieceBytes < 300; pieceBytes++) {
            assertThat(Wire.requests(LIMITS, input, pieceBytes)).as("pieces of %s", pieceBytes).isEqualTo(expected);
        }
    }

    /** A line is searched for its end once, or this would take hours. */
    @Test
    void aLineByteByByteIsLinear() {
        ProtocolLimits limits = new ProtocolLimits(100, 10_000_000, 10_000_000, 1 << 30);
        byte[] input = Wire.bytes("a".repeat(2_000_000) + "\n");
        List<List<String>> requests =
                assertTimeoutPreemptively(Duration.ofSeconds(20), () -> Wire.requests(limits, input, 1));
        assertThat(requests).hasSize(1);
    }

    /** Bytes that come one by one must not be scanned, nor moved, again and again. */
    @Test
    void byteByByteIsLinear() throws Exception {
        int valueBytes = 2_000_000;
        byte[] value = new byte[valueBytes];
        String header = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + valueBytes + "\r\n";
        byte[] input = Wire.bytes(header + Wire.text(value) + "\r\n");
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        int growths = 0;
        int capacity = 0;
        for (int i = 0; i < input.length; i++) {
            decoder.feed(Unpooled.wrappedBuffer(input, i, 1));
            if (decoder.next(request) != (i == input.length - 1)) {
                throw new AssertionError("at byte " + i);
            }
            if (decoder.capacityBytes() != capacity) {
                capacity = decoder.capacityBytes();
                growths++;
            }
        }
        assertThat(growths).isLessThan(20);
        assertThat(request.size(2)).isEqualTo(valueBytes);
    }
}
