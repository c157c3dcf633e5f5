package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.ringtail.protocol.client.Reply;
import io.ringtail.protocol.client.ReplyDecoder;
import io.ringtail.protocol.client.ReplyLimits;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random replies written in both versions, and read back by our client side and, in RESP2, by Netty's codec-redis. */
class ReplyRoundTripTest {
    private static final int ROUNDS = 1000;
    private static final int MAX_DEPTH = 4;

    private final long seed = Wire.seed();
    private final SplittableRandom random = new SplittableRandom(seed);
    private final ReplyWriter writer2 = new ReplyWriter();
    private final ReplyWriter writer3 = new ReplyWriter();

    {
        writer3.protocolVersion(3);
    }

    /** A reply, as the clients of each version should see it. */
    private record Written(Reply resp2, Reply resp3) {
        Written(Reply both) {
            this(both, both);
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            text.append(random.nextInt(5) == 0 ? '\u20ac' : (char) (' ' + random.nextInt(94)));
        }
        return text.toString();
    }

    private static Reply bulk(String text) {
        return new Reply.Bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes the same random reply to both writers. */
    private Written write(int depth) {
        return switch (random.nextInt(depth == MAX_DEPTH ? 11 : 15)) {
            case 0 -> {
                writer2.ok();
                writer3.ok();
                yield new Written(new Reply.SimpleString("OK"));
            }
            case 1 -> {
                String text = text();
                writer2.simpleString(text);
                writer3.simpleString(text);
                yield new Written(new Reply.SimpleString(text));
            }
            case 2 -> {
                String text = "ERR " + text();
                writer2.error(text);
                writer3.error(text);
                yield new Written(new Reply.Failure(text));
            }
            case 3 -> {
                long value = random.nextLong() >> random.nextInt(64);
                writer2.integer(value);
                writer3.integer(value);
                yield new Written(new Reply.Int(value));
            }
            case 4 -> {
                byte[] value = new byte[random.nextInt(random.nextInt(20) == 0 ? 100_000 : 30)];
                for (int i = 0; i < value.length; i++) {
                    value[i] = (byte) random.nextInt(256);
                }
                writer2.bulk(value);
                writer3.bulk(value);
                yield new Written(new Reply.Bulk(value));
            }
            case 5 -> {
                long value = random.nextLong() >> random.nextInt(64);
                writer2.bulk(value);
                writer3.bulk(value);
                yield new Written(bulk(Long.toString(value)));
            }
            case 6 -> {
                writer2.nullBulk();
                writer3.nullBulk();
                yield new Written(new Reply.Nil());
            }
            case 7 -> {
                boolean value = random.nextBoolean();
                writer2.bool(value);
                writer3.bool(value);
                yield new Written(new Reply.Int(value ? 1 : 0), new Reply.Bool(value));
            }
            case 8 -> {
                double value = random.nextInt(-1000, 1000) / 8.0;
                writer2.doubleValue(value);
                writer3.doubleValue(value);
                yield new Written(bulk(DoubleText.of(value)), new Reply.Real(value));
            }
            case 9 -> {
                BigInteger value = BigInteger.valueOf(random.nextLong()).pow(3);
                writer2.bigNumber(value.toString());
                writer3.bigNumber(value.toString());
                yield new Written(bulk(value.toString()), new Reply.BigNumber(value));
            }
            case 10 -> {
                String text = text();
                writer2.verbatim("txt", text);
                writer3.verbatim("txt", text);
                yield new Written(bulk(text), new Reply.Verbatim("txt", text));
            }
            case 11 -> {
                int count = random.nextInt(5);
                writer2.arrayHeader(count);
                writer3.arrayHeader(count);
                Elements elements = elements(count, depth);
                yield new Written(new Reply.Array(elements.resp2), new Reply.Array(elements.resp3));
            }
            case 12 -> {
                int count = random.nextInt(5);
                writer2.setHeader(count);
                writer3.setHeader(count);
                Elements elements = elements(count, depth);
                yield new Written(new Reply.Array(elements.resp2), new Reply.Set(elements.resp3));
            }
            case 13 -> {
                int count = random.nextInt(5);
                writer2.pushHeader(count);
                writer3.pushHeader(count);
                Elements elements = elements(count, depth);
                yield new Written(new Reply.Array(elements.resp2), new Reply.Push(elements.resp3));
            }
            default -> {
                int pairs = random.nextInt(5);
                writer2.mapHeader(pairs);
                writer3.mapHeader(pairs);
                Elements elements = elements(2 * pairs, depth);
                List<Reply.Entry> entries = new ArrayList<>();
                for (int i = 0; i < 2 * pairs; i += 2) {
                    entries.add(new Reply.Entry(elements.resp3.get(i), elements.resp3.get(i + 1)));
                }
                yield new Written(new Reply.Array(elements.resp2), new Reply.Map(entries));
            }
        };
    }

    private record Elements(List<Reply> resp2, List<Reply> resp3) {}

    private Elements elements(int count, int depth) {
        Elements elements = new Elements(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < count; i++) {
            Written written = write(depth + 1);
            elements.resp2.add(written.resp2);
            elements.resp3.add(written.resp3);
        }
        return elements;
    }

    private List<Reply> read(byte[] wire) throws ProtocolException {
        ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
        List<Reply> replies = new ArrayList<>();
        int at = 0;
        while (at < wire.length) {
            int piece = Math.min(wire.length - at, 1 + random.nextInt(random.nextBoolean() ? 10 : 70_000));
            decoder.feed(Unpooled.wrappedBuffer(wire, at, piece));
            at += piece;
            for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                replies.add(reply);
            }
        }
        return replies;
    }

    private static Object plain(Reply reply) {
        return switch (reply) {
            case Reply.SimpleString simple -> "+" + Wire.text(simple.text().getBytes(StandardCharsets.UTF_8));
            case Reply.Failure failure -> "-" + Wire.text(failure.text().getBytes(StandardCharsets.UTF_8));
            case Reply.Int number -> number.value();
            case Reply.Bulk bulk -> Wire.text(bulk.bytes());
            case Reply.Nil() -> CodecRedis.NIL;
            case Reply.Array array -> array.elements().stream().map(ReplyRoundTripTest::plain).toList();
            case Reply.Real _, Reply.Bool _, Reply.BigNumber _, Reply.Verbatim _ -> throw notInResp2(reply);
            case Reply.Set _, Reply.Push _, Reply.Map _, Reply.Attributed _ -> throw notInResp2(reply);
        };
    }

    private static AssertionError notInResp2(Reply reply) {
        return new AssertionError("not in RESP2: " + reply);
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            List<Reply> resp2 = new ArrayList<>();
            List<Reply> resp3 = new ArrayList<>();
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                Written written = write(0);
                resp2.add(written.resp2);
                resp3.add(written.resp3);
            }
            byte[] wire2 = Wire.bytes(Wire.drained(writer2));
            byte[] wire3 = Wire.bytes(Wire.drained(writer3));
            assertThat(read(wire2)).as("seed %s, round %s", seed, round).isEqualTo(resp2);
            assertThat(read(wire3)).as("seed %s, round %s", seed, round).isEqualTo(resp3);
            assertThat(CodecRedis.messages(wire2))
                    .as("seed %s, round %s", seed, round)
                    .isEqualTo(resp2.stream().map(ReplyRoundTripTest::plain).toList());
        }
    }

    @Test
    void attributesAreReadWithTheirReply() throws Exception {
        writer3.attributeHeader(1);
        writer3.bulk("ttl");
        writer3.integer(5);
        writer3.bulk("value");
        assertThat(read(Wire.bytes(Wire.drained(writer3))))
                .containsExactly(new Reply.Attributed(
                        new Reply.Map(List.of(new Reply.Entry(bulk("ttl"), new Reply.Int(5)))), bulk("value")));
    }
}
