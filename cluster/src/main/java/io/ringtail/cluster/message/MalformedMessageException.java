package io.ringtail.cluster.message;

/** Bytes from a peer, or from a file kept in the same form, that are not what they should be. It ends the connection they came on, and nothing else. */
public final class MalformedMessageException extends RuntimeException {
    public MalformedMessageException(String message) {
        super(message);
    }
}
