package io.ringtail.cluster.coordinator;

/**
 * A command waits for more replicas to accept what its client has written; it is begun again when they have, or when its time is up. Without a stack trace and always the
 * same: it only carries control back to the dispatcher.
 */
public final class ReplicasAwaitedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public static final ReplicasAwaitedException INSTANCE = new ReplicasAwaitedException();

    private ReplicasAwaitedException() {
        super("replicas are awaited", null, false, false);
    }
}
