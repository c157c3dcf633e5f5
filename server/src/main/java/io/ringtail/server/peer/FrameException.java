package io.ringtail.server.peer;

/** What a peer sent is no frame, or no frame that it may send. Its connection ends. */
final class FrameException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FrameException(String message) {
        super(message, null, false, false);
    }
}
