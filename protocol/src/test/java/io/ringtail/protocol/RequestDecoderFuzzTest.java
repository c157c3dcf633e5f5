package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;

/**
 * Any bytes, read at once and in pieces, give the same requests and the same error. Runs over its corpus; with {@code
 * JAZZER_FUZZ=1} it looks for new inputs.
 */
class RequestDecoderFuzzTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(1000, 10_000, 500, 1 << 20);

    @FuzzTest(maxDuration = "60s")
    void readsMayEndAnywhere(byte[] input) {
        if (input.length == 0) {
            return;
        }
        List<List<String>> whole = Wire.requests(LIMITS, input, input.length);
        for (int pieceBytes : new int[] {1, 2, 7, 64}) {
            assertThat(Wire.requests(LIMITS, input, pieceBytes)).isEqualTo(whole);
        }
        for (List<String> request : whole) {
            assertThat(request).isNotEmpty();
        }
    }
}
