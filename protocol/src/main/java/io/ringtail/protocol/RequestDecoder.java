package io.ringtail.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Cuts a connection's bytes into requests, RESP arrays of bulk strings or inline commands, split at any byte.
 *
 * <p>Copies what was read into one array per connection and scans that. Confined to the connection's event loop.
 */
public final class RequestDecoder {

    public RequestDecoder(ProtocolLimits limits) {
        throw new UnsupportedOperationException();
    }

    /** Changes what is allowed, as after a successful {@code AUTH}. */
    public void limits(ProtocolLimits limits) {
        throw new UnsupportedOperationException();
    }

    /** Takes over all readable bytes of {@code in}; does not release it. Invalidates the last request. */
    public void feed(ByteBuf in) {
        throw new UnsupportedOperationException();
    }

    /**
     * Decodes the next whole request into {@code request}; false when more bytes are needed. Requests of no arguments (an
     * empty line, {@code *0}, {@code *-1}) are passed over.
     *
     * @throws ProtocolException when the bytes are no request, or beyond the limits; the decoder is of no use afterwards
     */
    public boolean next(Request request) throws ProtocolException {
        throw new UnsupportedOperationException();
    }

    /** Bytes it holds that belong to no whole request yet (Redis' query buffer). */
    public int bufferedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of memory its buffer occupies. */
    public int capacityBytes() {
        throw new UnsupportedOperationException();
    }
}
