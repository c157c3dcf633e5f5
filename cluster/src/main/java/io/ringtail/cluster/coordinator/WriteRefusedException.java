package io.ringtail.cluster.coordinator;

/** The store does not take writes now; the message says why, in words fit for a client. */
public final class WriteRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WriteRefusedException(String message) {
        super(message, null, false, false);
    }
}
