package io.ringtail.protocol;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Netty's decoder of RESP2, as an oracle: messages as text, nested ones as lists, a null as {@link #NIL}. */
final class CodecRedis {
    static final Object NIL = "(nil)";

    private static final int MAX_ELEMENTS = 1 << 20;
    private static final int MAX_DEPTH = 128;

    private CodecRedis() {}

    /** All messages of {@code input}, up to the first that is not whole. */
    static List<Object> messages(byte[] input) {
        EmbeddedChannel channel = new EmbeddedChannel(
                new RedisDecoder(), new RedisBulkStringAggregator(), new RedisArrayAggregator(MAX_ELEMENTS, MAX_DEPTH));
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(input));
            List<Object> messages = new ArrayList<>();
            for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
                messages.add(plain(message));
                ReferenceCountUtil.release(message);
            }
            return messages;
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    private static Object plain(Object message) {
        return switch (message) {
            case SimpleStringRedisMessage simple -> "+" + latin1(simple.content());
            case ErrorRedisMessage error -> "-" + latin1(error.content());
            case IntegerRedisMessage integer -> integer.value();
            case FullBulkStringRedisMessage bulk ->
                bulk.isNull() ? NIL : bulk.content().toString(StandardCharsets.ISO_8859_1);
            case ArrayRedisMessage array ->
                array.isNull() ? NIL : array.children().stream().map(CodecRedis::plain).toList();
            default -> throw new AssertionError("unexpected " + message);
        };
    }

    /** Netty decodes lines as UTF-8; as everywhere in these tests, one char is to be one byte. */
    private static String latin1(String text) {
        return Wire.text(text.getBytes(StandardCharsets.UTF_8));
    }
}
