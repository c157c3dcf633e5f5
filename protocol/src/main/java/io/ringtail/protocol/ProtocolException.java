package io.ringtail.protocol;

/**
 * Bytes that are no request, or no reply. The connection gets the message as an error reply, prefixed {@code ERR
 * Protocol error: }, and is closed; when it is {@link #silent}, it is closed with no reply. The message is printable
 * ASCII, whatever the bytes were. Carries no stack trace: hostile clients make many. Immutable.
 */
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean silent;

    public ProtocolException(String message) {
        this(message, false);
    }

    private ProtocolException(String message, boolean silent) {
        super(message, null, false, false);
        this.silent = silent;
    }

    /**
     * A browser that was made to talk to this port: {@code line} is what gave it away. What follows may be commands
     * hidden in an HTTP body by somebody else's web page, so that the connection must end before them, and gets no
     * answer to read.
     */
    static ProtocolException http(String line) {
        return new ProtocolException("HTTP is not spoken here: " + line, true);
    }

    /** Whether to close with no reply; a warning in the log is due, as it may be an attack. */
    public boolean silent() {
        return silent;
    }

    /** A byte for a message: itself if it is printable ASCII, else an escape. */
    public static String printable(byte b) {
        return switch (b) {
            case '\r' -> "\\r";
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            default -> b >= ' ' && b <= '~' ? String.valueOf((char) b) : String.format("\\x%02x", b & 0xff);
        };
    }
}
