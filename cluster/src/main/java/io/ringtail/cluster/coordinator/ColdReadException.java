package io.ringtail.cluster.coordinator;

/** A read that would have to wait, on a thread that must not. One instance, without a stack trace: it only carries control back to the dispatcher. */
public final class ColdReadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public static final ColdReadException INSTANCE = new ColdReadException();

    private ColdReadException() {
        super("the read has to wait", null, false, false);
    }
}
