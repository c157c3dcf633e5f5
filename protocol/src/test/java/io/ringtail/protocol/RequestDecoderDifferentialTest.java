package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random requests, whole and damaged, decoded by ours and by Netty's codec-redis. */
class RequestDecoderDifferentialTest {
    private static final int ROUNDS = 400;

    private final long seed = Wire.seed();
    private final SplittableRandom random = new SplittableRandom(seed);

    /** Where each request of the pipeline made last ends. */
    private final List<Integer> ends = new ArrayList<>();

    /** Half the time one of {@code likely}. */
    private byte anyByte(String likely) {
        return (byte) (random.nextBoolean() ? likely.charAt(random.nextInt(likely.length())) : random.nextInt(256));
    }

    private byte[] pipeline() {
        ends.clear();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int requests = 1 + random.nextInt(20);
        for (int i = 0; i < requests; i++) {
            int arguments = 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 6);
            out.writeBytes(Wire.bytes("*" + arguments + "\r\n"));
            for (int j = 0; j < arguments; j++) {
                byte[] argument = new byte[random.nextInt(random.nextInt(50) == 0 ? 50_000 : 40)];
                for (int k = 0; k < argument.length; k++) {
                    argument[k] = anyByte("\r\n$*:0");
                }
                out.writeBytes(Wire.bytes("$" + argument.length + "\r\n"));
                out.writeBytes(argument);
                out.writeBytes(Wire.bytes("\r\n"));
            }
            ends.add(out.size());
        }
        return out.toByteArray();
    }

    private List<Object> decoded(byte[] input) {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        List<Object> requests = new ArrayList<>();
        int at = 0;
        try {
            while (at < input.length) {
                int piece = Math.min(input.length - at, 1 + random.nextInt(random.nextBoolean() ? 10 : 70_000));
                decoder.feed(random.nextBoolean()
                        ? Unpooled.wrappedBuffer(input, at, piece)
                        : Unpooled.copiedBuffer(input, at, piece));
                at += piece;
                while (decoder.next(request)) {
                    requests.add(Wire.arguments(request));
                }
                assertThat(decoder.capacityBytes())
                        .isLessThanOrEqualTo(Math.max(RequestDecoder.KEPT_BYTES, 4 * decoder.bufferedBytes()));
            }
        } catch (ProtocolException e) {
            assertThat(e.getMessage()).as("seed %s", seed).matches("[ -~]+");
        }
        return requests;
    }

    @Test
    void decodesWhatCodecRedisDecodes() {
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = pipeline();
            assertThat(decoded(input)).as("seed %s, round %s", seed, round).isEqualTo(CodecRedis.messages(input));
        }
    }

    @Test
    void whatComesBeforeDamageIsDecodedAndDamageDoesNoHarm() {
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = pipeline();
            List<Object> whole = CodecRedis.messages(input);
            int damaged = random.nextInt(input.length);
            for (int i = 0; i < 1 + random.nextInt(10) && damaged + i < input.length; i++) {
                input[damaged + i] = anyByte("\r\n$*:0-9");
            }
            int unharmed = (int) ends.stream().filter(end -> end <= damaged).count();
            List<Object> decoded = decoded(input);
            assertThat(decoded.subList(0, Math.min(unharmed, decoded.size())))
                    .as("seed %s, round %s", seed, round)
                    .isEqualTo(whole.subList(0, unharmed));
        }
    }

    @Test
    void garbageDoesNoHarm() {
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = new byte[random.nextInt(2000)];
            for (int i = 0; i < input.length; i++) {
                input[i] = anyByte("\r\n$*\"'\\x 0123456789-+:a");
            }
            decoded(input);
        }
    }
}
