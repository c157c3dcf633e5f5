package io.ringtail.protocol.client;

import io.netty.buffer.ByteBuf;
import io.ringtail.protocol.Decimal;
import io.ringtail.protocol.ProtocolException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's bytes into replies of RESP2 and RESP3, all types but the streamed ones, split at any byte.
 *
 * <p>One per connection; its owner feeds it what it read and asks for replies until there are no more. An element that
 * is whole becomes a {@link Reply} at once and its bytes are let go; aggregates that are not whole wait on a stack, so
 * that nothing is scanned twice and no nesting overflows the thread's stack. Memory follows the bytes that arrived,
 * never a declared length or count. Confined to its owner's thread.
 */
public final class ReplyDecoder {
    /** Capacity it keeps when it holds nothing. */
    static final int KEPT_BYTES = 128 * 1024;

    private static final int MIN_BYTES = 1024;
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;
    private static final byte[] EMPTY = new byte[0];

    private static final Reply NIL = new Reply.Nil();
    private static final Reply OK = new Reply.SimpleString("OK");
    private static final Reply TRUE = new Reply.Bool(true);
    private static final Reply FALSE = new Reply.Bool(false);

    /** An aggregate that is not whole. */
    private static final class Aggregate {
        private final byte type;

        /** Elements to come; a map's keys and values count each. */
        private long missing;

        private final List<Reply> elements = new ArrayList<>();

        /** Set when these are attributes, and whole: then only what they belong to is missing. */
        private Reply.@Nullable Map attributes;

        private Aggregate(byte type, long missing) {
            this.type = type;
            this.missing = missing;
        }
    }

    private final ReplyLimits limits;
    private final ArrayDeque<Aggregate> open = new ArrayDeque<>();
    private byte[] array = EMPTY;

    /** Next byte to look at. */
    private int position;

    /** End of the bytes fed, exclusive. */
    private int limit;

    /** Up to where the line at {@code position} has been searched for its end; not before {@code position} matters. */
    private int searched;

    /** Size of the bulk at {@code position}, whose type is {@code bulkType}; -1 when there is none. */
    private int bulkBytes = -1;

    private byte bulkType;

    /** Bytes of the reply being decoded that were let go. */
    private long passedBytes;

    private @Nullable ProtocolException failure;

    public ReplyDecoder(ReplyLimits limits) {
        this.limits = limits;
    }

    /** Takes over all readable bytes of {@code in}; does not release it. */
    public void feed(ByteBuf in) {
        int added = in.readableBytes();
        if (failure != null || added == 0) {
            in.skipBytes(added);
            return;
        }
        long needed = (long) (limit - position) + added;
        if (needed > MAX_ARRAY_BYTES) {
            fail("replies of " + needed + " bytes wait to be decoded");
            in.skipBytes(added);
            return;
        }
        makeRoom((int) needed, added);
        in.readBytes(array, limit, added);
        limit += added;
    }

    /**
     * The next whole reply; null when more bytes are needed.
     *
     * @throws ProtocolException when the bytes are no reply, or beyond the limits; the decoder is of no use afterwards
     */
    public @Nullable Reply next() throws ProtocolException {
        if (failure != null) {
            throw failure;
        }
        while (true) {
            Reply element = element();
            if (element == null) {
                return incomplete();
            }
            Reply whole = close(element);
            if (whole != null) {
                passedBytes = 0;
                return whole;
            }
        }
    }

    /** Bytes it holds that are not decoded yet. */
    public int bufferedBytes() {
        return limit - position;
    }

    /** Bytes of memory its buffer occupies. */
    public int capacityBytes() {
        return array.length;
    }

    /** The next element that is no aggregate, or an empty one; aggregates on the way are opened. */
    private @Nullable Reply element() throws ProtocolException {
        while (true) {
            if (bulkBytes >= 0) {
                return bulk();
            }
            int end = lineEnd();
            if (end < 0) {
                return null;
            }
            byte type = array[position];
            int from = position + 1;
            pass(end + 2);
            switch (type) {
                case '+' -> {
                    return end - from == 2 && array[from] == 'O' && array[from + 1] == 'K'
                            ? OK
                            : new Reply.SimpleString(text(from, end));
                }
                case '-' -> {
                    return new Reply.Failure(text(from, end));
                }
                case ':' -> {
                    return new Reply.Int(integer(from, end));
                }
                case '_' -> {
                    if (from != end) {
                        throw fail("invalid null");
                    }
                    return NIL;
                }
                case '#' -> {
                    return bool(from, end);
                }
                case ',' -> {
                    return new Reply.Real(real(from, end));
                }
                case '(' -> {
                    return new Reply.BigNumber(bigNumber(from, end));
                }
                case '$', '=', '!' -> {
                    long size = length(from, end, limits.maxBulkBytes(), "invalid bulk length");
                    if (size < 0) {
                        return nil(type == '$', "invalid bulk length");
                    }
                    bulkType = type;
                    bulkBytes = (int) size;
                }
                case '*', '~', '>', '%', '|' -> {
                    long count = length(from, end, Integer.MAX_VALUE, "invalid multibulk length");
                    if (count < 0) {
                        return nil(type == '*', "invalid multibulk length");
                    }
                    if (count == 0 && type != '|') {
                        return aggregate(type, List.of());
                    }
                    if (count > 0) {
                        if (open.size() == limits.maxDepth()) {
                            throw fail("nested deeper than " + limits.maxDepth());
                        }
                        open.push(new Aggregate(type, type == '%' || type == '|' ? 2 * count : count));
                    }
                }
                default -> throw fail("unknown reply type '" + ProtocolException.printable(type) + "'");
            }
        }
    }

    /** Puts an element where it belongs; the whole reply if it was the last one missing. */
    private @Nullable Reply close(Reply element) {
        Reply closed = element;
        while (true) {
            Aggregate innermost = open.peek();
            if (innermost == null) {
                return closed;
            }
            if (innermost.attributes != null) {
                closed = new Reply.Attributed(innermost.attributes, closed);
                open.pop();
                continue;
            }
            innermost.elements.add(closed);
            innermost.missing--;
            if (innermost.missing > 0) {
                return null;
            }
            if (innermost.type == '|') {
                innermost.attributes = map(innermost.elements); // and now for what they belong to
                return null;
            }
            open.pop();
            closed = aggregate(innermost.type, innermost.elements);
        }
    }

    private static Reply aggregate(byte type, List<Reply> elements) {
        List<Reply> fixed = Collections.unmodifiableList(elements);
        return switch (type) {
            case '%' -> map(fixed);
            case '~' -> new Reply.Set(fixed);
            case '>' -> new Reply.Push(fixed);
            default -> new Reply.Array(fixed);
        };
    }

    private static Reply.Map map(List<Reply> keysAndValues) {
        List<Reply.Entry> entries = new ArrayList<>(keysAndValues.size() / 2);
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            entries.add(new Reply.Entry(keysAndValues.get(i), keysAndValues.get(i + 1)));
        }
        return new Reply.Map(Collections.unmodifiableList(entries));
    }

    /** The bulk at {@code position}; null if it is not whole. */
    private @Nullable Reply bulk() throws ProtocolException {
        int size = bulkBytes;
        if (limit - position - 2 < size) {
            return null;
        }
        int from = position;
        int end = from + size;
        if (array[end] != '\r' || array[end + 1] != '\n') {
            throw fail("expected CRLF after bulk string");
        }
        pass(end + 2);
        bulkBytes = -1;
        return switch (bulkType) {
            case '!' -> new Reply.Failure(text(from, end));
            case '=' -> {
                if (size < 4 || array[from + 3] != ':') {
                    throw fail("a verbatim string without its format");
                }
                yield new Reply.Verbatim(text(from, from + 3), text(from + 4, end));
            }
            default -> new Reply.Bulk(Arrays.copyOfRange(array, from, end));
        };
    }

    /** Where the line at {@code position} ends, before its CRLF; -1 if it is not whole. Goes on where it stopped. */
    private int lineEnd() throws ProtocolException {
        int at = Math.max(position, searched);
        while (at < limit && array[at] != '\r') {
            at++;
        }
        searched = at;
        if (at - position > limits.maxLineBytes()) {
            throw fail("too long a line");
        }
        if (at + 1 >= limit) {
            return -1;
        }
        if (array[at + 1] != '\n' || at == position) {
            throw fail("expected CRLF after a line");
        }
        return at;
    }

    private void pass(int to) {
        passedBytes += to - position;
        position = to;
    }

    private long length(int from, int end, int max, String invalid) throws ProtocolException {
        long value = Decimal.parse(array, from, end);
        if (value < -1 || value > max) {
            throw fail(invalid);
        }
        return value;
    }

    private Reply nil(boolean allowed, String invalid) throws ProtocolException {
        if (!allowed) {
            throw fail(invalid);
        }
        return NIL;
    }

    private long integer(int from, int end) throws ProtocolException {
        long value = Decimal.parse(array, from, end);
        if (value == Decimal.INVALID && !Decimal.isMinLong(array, from, end)) {
            throw fail("invalid integer");
        }
        return value;
    }

    private Reply bool(int from, int end) throws ProtocolException {
        if (end - from == 1) {
            if (array[from] == 't') {
                return TRUE;
            }
            if (array[from] == 'f') {
                return FALSE;
            }
        }
        throw fail("invalid boolean");
    }

    private double real(int from, int end) throws ProtocolException {
        String text = text(from, end);
        switch (text) {
            case "inf" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf" -> {
                return Double.NEGATIVE_INFINITY;
            }
            case "nan", "-nan" -> {
                return Double.NaN;
            }
            default -> {
                for (int i = 0; i < text.length(); i++) {
                    if ("+-.0123456789eE".indexOf(text.charAt(i)) < 0) {
                        throw fail("invalid double");
                    }
                }
                try {
                    return Double.parseDouble(text);
                } catch (NumberFormatException e) {
                    throw fail("invalid double");
                }
            }
        }
    }

    private BigInteger bigNumber(int from, int end) throws ProtocolException {
        int digits = from < end && array[from] == '-' ? from + 1 : from;
        if (digits == end) {
            throw fail("invalid big number");
        }
        for (int i = digits; i < end; i++) {
            if (array[i] < '0' || array[i] > '9') {
                throw fail("invalid big number");
            }
        }
        return new BigInteger(text(from, end));
    }

    private String text(int from, int end) {
        return new String(array, from, end - from, StandardCharsets.UTF_8);
    }

    /** More bytes are needed. What memory is kept until they come is bounded by the bytes that are here. */
    private @Nullable Reply incomplete() throws ProtocolException {
        int held = limit - position;
        if (passedBytes + held > limits.maxReplyBytes()) {
            throw fail("a reply of more than " + limits.maxReplyBytes() + " bytes");
        }
        if (array.length > KEPT_BYTES && held <= array.length / 4) {
            move(held == 0 ? EMPTY : new byte[capacityFor(held)]);
        }
        return null;
    }

    /** Makes the array take {@code added} bytes at {@code limit}, {@code needed} in all. */
    private void makeRoom(int needed, int added) {
        if (position == limit) {
            position = limit = searched = 0;
        }
        if (added > array.length - limit) {
            move(needed <= array.length ? array : new byte[capacityFor(needed)]);
        }
    }

    private static int capacityFor(int needed) {
        long wanted = Math.max(MIN_BYTES, 2L * Integer.highestOneBit(Math.max(1, needed - 1)));
        return (int) Math.min(MAX_ARRAY_BYTES, wanted);
    }

    private void move(byte[] target) {
        System.arraycopy(array, position, target, 0, limit - position);
        array = target;
        searched = Math.max(0, searched - position);
        limit -= position;
        position = 0;
    }

    private ProtocolException fail(String message) {
        failure = new ProtocolException(message);
        array = EMPTY;
        open.clear();
        position = limit = searched = 0;
        return failure;
    }
}
