package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is seen ahead is what is decoded afterwards, wherever the bytes end and whatever they are. */
class RequestPreviewTest {
    private final RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
    private final RequestPreview preview = new RequestPreview(16);
    private final Request request = new Request();

    private void feed(String bytes) {
        decoder.feed(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    }

    @Test
    void seesTheFirstTwoArgumentsOfEachOfTheNextRequests() throws ProtocolException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            RequestDecoder fresh = new RequestDecoder(ProtocolLimits.DEFAULT);
            StringBuilder bytes = new StringBuilder();
            int whole = 2 + random.nextInt(20);
            for (int i = 0; i < whole; i++) {
                int count = 2 + random.nextInt(8);
                bytes.append('*').append(count).append("\r\n");
                for (int argument = 0; argument < count; argument++) {
                    int size = random.nextInt(random.nextInt(5) == 0 ? 3000 : 12);
                    bytes.append('$').append(size).append("\r\n").repeat("x", size).append("\r\n");
                }
            }
            bytes.append("*2\r\n$3\r\nGET\r\n$50\r\nnot whole");
            fresh.feed(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
            fresh.preview(preview);
            assertThat(preview.count()).as("seed %d", seed).isEqualTo(Math.min(16, whole));
            for (int i = 0; i < preview.count(); i++) {
                assertThat(fresh.next(request)).isTrue();
                assertThat(preview.array()).isSameAs(request.array());
                assertThat(preview.offset(i)).as("seed %d", seed).isEqualTo(request.offset(1));
                assertThat(preview.size(i)).as("seed %d", seed).isEqualTo(request.size(1));
                assertThat(preview.secondSize(i)).as("seed %d", seed).isEqualTo(request.count() > 2 ? request.size(2) : -1);
                if (request.count() > 2) {
                    assertThat(preview.secondOffset(i)).as("seed %d", seed).isEqualTo(request.offset(2));
                }
            }
        }
    }

    @Test
    void stopsAtWhatIsNotCommonAndChangesNothing() throws ProtocolException {
        feed("*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n");
        decoder.preview(preview);
        assertThat(preview.count()).isEqualTo(1);
        for (String expected : new String[] {"GET", "PING", "GET"}) {
            assertThat(decoder.next(request)).isTrue();
            assertThat(new String(request.bytes(0), StandardCharsets.UTF_8)).isEqualTo(expected);
        }
        decoder.preview(preview);
        assertThat(preview.count()).isZero();
    }

    @Test
    void garbageIsNeverReadBeyondItsEnd() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String alphabet = "*$0123456789\r\nab";
        for (int round = 0; round < 20_000; round++) {
            RequestDecoder fresh = new RequestDecoder(ProtocolLimits.DEFAULT);
            StringBuilder bytes = new StringBuilder("*2\r\n$3\r\nGET\r\n$");
            int size = random.nextInt(40);
            for (int i = 0; i < size; i++) {
                bytes.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            fresh.feed(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
            fresh.preview(preview);
            for (int i = 0; i < preview.count(); i++) {
                assertThat(preview.offset(i) + preview.size(i)).as("seed %d: %s", seed, bytes).isLessThanOrEqualTo(bytes.length());
            }
        }
    }
}
