package io.ringtail.protocol.client;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a server answered, in RESP2 or RESP3. Made by {@link ReplyDecoder}; its depth is bounded by {@link
 * ReplyLimits#maxDepth}, so that walking it recursively is safe. Immutable, but for byte arrays, which nobody else
 * holds.
 */
public sealed interface Reply {
    /** {@code +OK}. */
    record SimpleString(String text) implements Reply {}

    /** An error, short or long: {@code -ERR …} or {@code !12 …}. */
    record Failure(String text) implements Reply {
        /** The first word, such as {@code ERR} or {@code WRONGTYPE}. */
        public String prefix() {
            int space = text.indexOf(' ');
            return space < 0 ? text : text.substring(0, space);
        }
    }

    record Int(long value) implements Reply {}

    /** Any bytes. An array, as most replies are this and many are large; equal if the bytes are. */
    @SuppressWarnings("ArrayRecordComponent")
    record Bulk(byte[] bytes) implements Reply {
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bulk that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "Bulk[" + text() + "]";
        }
    }

    /** Nothing, in any of its three spellings. */
    record Nil() implements Reply {}

    record Real(double value) implements Reply {}

    record Bool(boolean value) implements Reply {}

    record BigNumber(BigInteger value) implements Reply {}

    /** Text that says how it wants to be shown; {@code format} has three characters. */
    record Verbatim(String format, String text) implements Reply {}

    record Array(List<Reply> elements) implements Reply {}

    record Set(List<Reply> elements) implements Reply {}

    /** Out-of-band data: the answer to no request. */
    record Push(List<Reply> elements) implements Reply {}

    /** Entries in the order they came; keys may repeat. */
    record Map(List<Entry> entries) implements Reply {}

    record Entry(Reply key, Reply value) {}

    /** A reply, and what the server had to say about it. */
    record Attributed(Map attributes, Reply reply) implements Reply {}
}
