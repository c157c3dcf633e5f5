package io.ringtail.protocol.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/**
 * Any bytes, read at once and in pieces, give the same replies and the same error. Runs over its corpus; with {@code
 * JAZZER_FUZZ=1} it looks for new inputs.
 */
class ReplyDecoderFuzzTest {
    private static final ReplyLimits LIMITS = new ReplyLimits(16, 500, 10_000, 1 << 20);

    @FuzzTest(maxDuration = "60s")
    void readsMayEndAnywhere(byte[] input) {
        if (input.length == 0) {
            return;
        }
        List<Object> whole = outcome(input, input.length);
        for (int pieceBytes : new int[] {1, 2, 7, 64}) {
            assertThat(outcome(input, pieceBytes)).isEqualTo(whole);
        }
    }

    private static List<Object> outcome(byte[] input, int pieceBytes) {
        ReplyDecoder decoder = new ReplyDecoder(LIMITS);
        List<Object> outcome = new ArrayList<>();
        try {
            for (int at = 0; at < input.length; at += pieceBytes) {
                decoder.feed(Unpooled.wrappedBuffer(input, at, Math.min(pieceBytes, input.length - at)));
                for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                    outcome.add(reply);
                }
                assertThat(decoder.capacityBytes())
                        .isLessThanOrEqualTo(Math.max(ReplyDecoder.KEPT_BYTES, 4 * decoder.bufferedBytes()));
            }
        } catch (ProtocolException e) {
            outcome.add("!" + e.getMessage());
        }
        return outcome;
    }
}
