package io.ringtail.protocol;

/**
 * Bytes that are no request. The connection gets the message as an error reply, prefixed {@code ERR Protocol error: }, and
 * is closed. Carries no stack trace: hostile clients make many.
 */
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message, null, false, false);
    }
}
