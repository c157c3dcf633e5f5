package io.ringtail.protocol;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's bytes into requests, RESP arrays of bulk strings or inline commands, split at any byte.
 *
 * <p>One per connection; the server feeds it what it read and asks for requests until there are no more. Copies what
 * was read into one array and scans that: an order of magnitude faster than scanning a {@link ByteBuf}, and free of
 * garbage. Confined to the connection's event loop.
 *
 * <pre>
 *   array   | decoded | the request being decoded: arguments found | not scanned yet | free |
 *           0         start                                        position          limit
 * </pre>
 *
 * <ol>
 *   <li>The request being decoded begins at {@code start}; its arguments found so far are kept in the caller's {@link
 *       Request}, and moved along ({@link Request#rebase}) when its bytes move. No argument is scanned twice.
 *   <li>Memory follows the bytes that arrived, never a length that was declared: the array is at most twice as large as
 *       what it must hold, or {@link #KEPT_BYTES}, whichever is larger.
 *   <li>Bytes move only when the array's end is reached: at most once per request, beyond the doublings.
 * </ol>
 *
 * <p>Errors and their texts are Redis 7.2's, with these differences: what follows a length must be CR and LF, as must
 * what follows a bulk string (Redis skips two bytes unseen); the limit on a line holds however the line was split into
 * reads; a NUL in an inline command is a byte like any other (Redis drops the rest of the line).
 */
public final class RequestDecoder {
    /** Capacity it keeps when it holds nothing: two reads' worth, so that a steady pipeline never allocates. */
    static final int KEPT_BYTES = 128 * 1024;

    /** The least it allocates. */
    private static final int MIN_BYTES = 1024;

    /** A bulk string from this size on gets an array of its exact size as soon as half of it is there. */
    private static final int BIG_BULK_BYTES = 32 * 1024;

    /** The largest array every JVM can make. */
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

    /** Digits whose number surely fits an int. */
    private static final int FAST_DIGITS = 9;

    /** No length yet: the line is not whole. No line says so much: the number is refused as too small. */
    private static final long INCOMPLETE = Long.MIN_VALUE;

    private static final byte[] EMPTY = new byte[0];

    private ProtocolLimits limits;
    private byte[] array = EMPTY;

    /** Where the request being decoded begins. */
    private int start;

    /** Next byte to look at. */
    private int position;

    /** End of the bytes fed, exclusive. */
    private int limit;

    /** Up to where the line at {@code position} has been searched for its end; not before {@code position} matters. */
    private int searched;

    /** Bulk strings still to come of the request being decoded; 0 between requests. */
    private int missingArguments;

    /** Size of the bulk string at {@code position}; -1 when its length line has not been read. */
    private int bulkBytes = -1;

    /** Whose arguments move when bytes do: the request being decoded, if some of it is. */
    private @Nullable Request filling;

    private @Nullable ProtocolException failure;

    public RequestDecoder(ProtocolLimits limits) {
        this.limits = limits;
    }

    /** Changes what is allowed, as after a successful {@code AUTH}. */
    public void limits(ProtocolLimits limits) {
        this.limits = limits;
    }

    /**
     * Takes over all readable bytes of {@code in}; does not release it. Invalidates the last request. Bytes beyond
     * {@link ProtocolLimits#maxBufferBytes} are not kept: the next call of {@link #next} says so.
     */
    public void feed(ByteBuf in) {
        int added = in.readableBytes();
        if (failure != null || added == 0) {
            in.skipBytes(added);
            return;
        }
        long needed = (long) (limit - start) + added;
        if (needed > Math.min(limits.maxBufferBytes(), MAX_ARRAY_BYTES)) {
            fail("query buffer limit of " + limits.maxBufferBytes() + " bytes exceeded");
            in.skipBytes(added);
            return;
        }
        makeRoom((int) needed, added);
        in.readBytes(array, limit, added);
        limit += added;
    }

    /**
     * Decodes the next whole request into {@code request}; false when more bytes are needed. Requests of no arguments
     * (an empty line, {@code *0}, {@code *-1}) are passed over. Must be given the same object each time: a request that
     * is not whole yet grows inside it.
     *
     * @throws ProtocolException when the bytes are no request, or beyond the limits; the decoder is of no use
     * afterwards
     */
    public boolean next(Request request) throws ProtocolException {
        if (failure != null) {
            throw failure;
        }
        if (missingArguments > 0 && filling != request) {
            throw new IllegalArgumentException("the request begun is another one");
        }
        filling = null;
        while (position < limit) {
            if (missingArguments > 0) {
                return bulks(request);
            }
            request.reset(array);
            if (array[position] != '*') {
                if (!inline(request)) {
                    return incomplete(request);
                }
                start = position;
                if (request.count() > 0) {
                    return true;
                }
            } else {
                long count = length("too big mbulk count string", "invalid multibulk length");
                if (count == INCOMPLETE) {
                    return incomplete(request);
                }
                if (count > limits.maxArguments()) {
                    throw tooManyArguments(count);
                }
                if (count > 0) {
                    missingArguments = (int) count;
                    return bulks(request);
                }
                start = position;
            }
        }
        return incomplete(request);
    }

    /**
     * Looks ahead, without decoding: finds the first argument after the name of each of the next requests that are whole and in the common form (a short array
     * of bulk strings). Stops at the first that is anything else, valid or not; {@link #next} will say.
     *
     * @param preview is filled; its offsets are into the array that {@link Request#array} will show
     */
    public void preview(RequestPreview preview) {
        byte[] array = this.array;
        int end = limit;
        int at = position;
        int found = 0;
        preview.array = array;
        while (missingArguments == 0 && found < preview.offsets.length && at + 4 <= end && array[at] == '*') {
            int count = array[at + 1] - '0';
            if (count < 2 || count > 9 || array[at + 2] != '\r' || array[at + 3] != '\n') {
                break;
            }
            at += 4;
            int keyOffset = 0;
            int keySize = 0;
            preview.secondSizes[found] = -1;
            for (int argument = 0; argument < count; argument++) {
                if (at >= end || array[at] != '$') {
                    preview.count = found;
                    return;
                }
                int size = 0;
                int digit = ++at;
                while (at < end && at - digit < FAST_DIGITS && array[at] >= '0' && array[at] <= '9') {
                    size = size * 10 + array[at++] - '0';
                }
                at += 2;
                if (size > end - at - 2) {
                    preview.count = found;
                    return;
                }
                if (argument == 0) {
                    preview.nameOffsets[found] = at;
                    preview.nameSizes[found] = size;
                } else if (argument == 1) {
                    keyOffset = at;
                    keySize = size;
                } else if (argument == 2) {
                    preview.secondOffsets[found] = at;
                    preview.secondSizes[found] = size;
                }
                at += size + 2;
            }
            preview.offsets[found] = keyOffset;
            preview.sizes[found] = keySize;
            found++;
        }
        preview.count = found;
    }

    /** Bytes it holds of requests not decoded yet, whole ones or not (Redis' query buffer). */
    public int bufferedBytes() {
        return limit - start;
    }

    /** Bytes of memory its buffer occupies. */
    public int capacityBytes() {
        return array.length;
    }

    /** Gives its memory back if it holds nothing: for connections that idle. Invalidates the last request. */
    public void trim() {
        if (start == limit) {
            array = EMPTY;
            start = position = limit = searched = 0;
        }
    }

    private boolean bulks(Request request) throws ProtocolException {
        while (missingArguments > 0) {
            if (bulkBytes < 0) {
                if (position == limit) {
                    return incomplete(request);
                }
                if (array[position] != '$') {
                    throw fail("expected '$', got '" + ProtocolException.printable(array[position]) + "'");
                }
                long size = length("too big bulk count string", "invalid bulk length");
                if (size == INCOMPLETE) {
                    return incomplete(request);
                }
                if (size < 0 || size > limits.maxBulkBytes()) {
                    throw badBulkLength(size);
                }
                bulkBytes = (int) size;
            }
            int offset = position;
            int size = bulkBytes;
            if (limit - offset - 2 < size) {
                return incomplete(request);
            }
            int end = offset + size;
            if (array[end] != '\r' || array[end + 1] != '\n') {
                throw fail("expected CRLF after bulk string");
            }
            request.add(offset, size);
            position = end + 2;
            bulkBytes = -1;
            missingArguments--;
        }
        start = position;
        return true;
    }

    /** The number of the line at {@code position}, from its second byte on, and passes over it. */
    private long length(String tooBig, String invalid) throws ProtocolException {
        byte[] array = this.array;
        int first = position + 1;
        int stop = Math.min(limit, first + FAST_DIGITS);
        int at = first;
        int value = 0;
        while (at < stop) {
            int digit = array[at] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
            at++;
        }
        if (at > first && at + 1 < limit && array[at] == '\r' && array[at + 1] == '\n') {
            if (array[first] != '0' || at == first + 1) {
                position = at + 2;
                return value;
            }
        }
        return unusualLength(tooBig, invalid);
    }

    /** As {@link #length}, for lines that are not whole, negative, very long or wrong. */
    private long unusualLength(String tooBig, String invalid) throws ProtocolException {
        int end = find('\r');
        if (end - position > limits.maxInlineBytes()) {
            throw fail(tooBig);
        }
        if (end + 1 >= limit) {
            return INCOMPLETE;
        }
        if (array[end + 1] != '\n') {
            throw fail(invalid);
        }
        long value = Decimal.parse(array, position + 1, end);
        if (value == Decimal.INVALID || value > Integer.MAX_VALUE) {
            throw fail(invalid);
        }
        position = end + 2;
        return value;
    }

    /**
     * Offset of the next {@code wanted} from {@code position} on, {@code limit} if there is none; goes on where it
     * stopped.
     */
    private int find(char wanted) {
        int at = Math.max(position, searched);
        while (at < limit && array[at] != wanted) {
            at++;
        }
        searched = at;
        return at;
    }

    /** Decodes the line at {@code position}, if it is whole. */
    private boolean inline(Request request) throws ProtocolException {
        int end = find('\n');
        if (end - position > limits.maxInlineBytes()) {
            throw fail("too big inline request");
        }
        if (end == limit) {
            return false;
        }
        int textEnd = end > position && array[end - 1] == '\r' ? end - 1 : end;
        if (!InlineCommand.split(array, position, textEnd, request)) {
            throw fail("unbalanced quotes in request");
        }
        position = end + 1;
        if (request.count() > limits.maxArguments()) {
            throw tooManyArguments(request.count());
        }
        for (int i = 0; i < request.count(); i++) {
            if (request.size(i) > limits.maxBulkBytes()) {
                throw badBulkLength(request.size(i));
            }
        }
        if (request.count() > 0 && InlineCommand.isHttp(request)) {
            throw fail(ProtocolException.http(InlineCommand.printableName(request)));
        }
        return true;
    }

    /** More bytes are needed. What memory is kept until they come is bounded by the bytes that are here. */
    private boolean incomplete(Request request) {
        int held = limit - start;
        filling = held == 0 ? null : request;
        if (array.length > KEPT_BYTES && held <= array.length / 4) {
            if (held == 0) {
                trim();
            } else {
                move(new byte[capacityFor(held)]);
            }
        }
        return false;
    }

    /** Makes the array take {@code added} bytes at {@code limit}, {@code needed} in all. */
    private void makeRoom(int needed, int added) {
        if (start == limit) {
            start = position = limit = searched = 0;
        }
        if (added <= array.length - limit) {
            return;
        }
        move(needed <= array.length ? array : new byte[capacityFor(needed)]);
    }

    private int capacityFor(int needed) {
        long doubled = 2L * needed;
        long wanted;
        if (bulkBytes >= BIG_BULK_BYTES) {
            wanted = Math.min(doubled, (long) (position - start) + bulkBytes + 2);
        } else {
            wanted = Math.max(MIN_BYTES, 2L * Integer.highestOneBit(Math.max(1, needed - 1)));
        }
        return (int) Math.min(MAX_ARRAY_BYTES, Math.max(needed, wanted));
    }

    /** Moves what is held to the beginning of {@code target}, which may be the same array. */
    private void move(byte[] target) {
        System.arraycopy(array, start, target, 0, limit - start);
        if (filling != null) {
            filling.rebase(target, -start);
        }
        array = target;
        position -= start;
        limit -= start;
        searched = Math.max(0, searched - start);
        start = 0;
    }

    private ProtocolException tooManyArguments(long count) {
        return fail(limits.unauthenticated() && count <= Integer.MAX_VALUE
                ? "unauthenticated multibulk length"
                : "invalid multibulk length");
    }

    private ProtocolException badBulkLength(long size) {
        return fail(limits.unauthenticated() && size >= 0 ? "unauthenticated bulk length" : "invalid bulk length");
    }

    private ProtocolException fail(String message) {
        return fail(new ProtocolException(message));
    }

    private ProtocolException fail(ProtocolException failure) {
        this.failure = failure;
        array = EMPTY;
        start = position = limit = searched = 0;
        return failure;
    }
}
