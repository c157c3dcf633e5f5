package io.ringtail.protocol.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestEncoderTest {
    @Test
    void theDecoderReadsWhatItWrites() throws Exception {
        byte[] value = new byte[123_456];
        ByteBuf out = Unpooled.buffer();
        RequestEncoder.encode(out, "SET", "", "gr\u00fc\u00df \ud83d\ude00");
        RequestEncoder.encode(out, new byte[] {1}, value);
        RequestEncoder.encode(out, List.of(new byte[] {2}));
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        decoder.feed(out);
        assertThat(decoder.next(request)).isTrue();
        assertThat(request.count()).isEqualTo(3);
        assertThat(request.size(1)).isZero();
        assertThat(new String(request.bytes(2), StandardCharsets.UTF_8)).isEqualTo("gr\u00fc\u00df \ud83d\ude00");
        assertThat(decoder.next(request)).isTrue();
        assertThat(request.bytes(1)).isEqualTo(value);
        assertThat(decoder.next(request)).isTrue();
        assertThat(request.bytes(0)).containsExactly(2);
        assertThat(decoder.next(request)).isFalse();
    }
}
