package io.ringtail.protocol;

/**
 * How much one request may bring. Immutable.
 *
 * @param maxArguments arguments of a request, the command's name included
 * @param maxBulkBytes bytes of one argument (Redis' {@code proto-max-bulk-len})
 * @param maxInlineBytes bytes of an inline command, or of a length line
 * @param maxBufferBytes bytes kept of requests that are not whole yet (Redis' {@code client-query-buffer-limit})
 */
public record ProtocolLimits(int maxArguments, int maxBulkBytes, int maxInlineBytes, long maxBufferBytes) {
    /** What a client may send before it has authenticated. */
    public static final ProtocolLimits UNAUTHENTICATED = new ProtocolLimits(10, 16 * 1024, 64 * 1024, 1 << 20);

    /** Redis' defaults. */
    public static final ProtocolLimits DEFAULT =
            new ProtocolLimits(1024 * 1024, 512 * 1024 * 1024, 64 * 1024, 1L << 30);

    public ProtocolLimits {
        if (maxArguments < 1 || maxBulkBytes < 0 || maxInlineBytes < 1 || maxBufferBytes < 1) {
            throw new IllegalArgumentException("limits must be positive: " + maxArguments + " arguments, "
                    + maxBulkBytes + " bulk bytes, " + maxInlineBytes + " inline bytes, " + maxBufferBytes
                    + " buffer bytes");
        }
    }

    /** Whether these are the limits of a client that has not authenticated: error texts then say so. */
    public boolean unauthenticated() {
        return equals(UNAUTHENTICATED);
    }
}
