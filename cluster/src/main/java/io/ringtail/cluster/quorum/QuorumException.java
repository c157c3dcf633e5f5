package io.ringtail.cluster.quorum;

/** An operation cannot be carried out with what can be reached; nothing was changed. The message is an error reply. Without a stack trace: it is an outcome. */
public final class QuorumException extends RuntimeException {
    public QuorumException(String message) {
        super(message, null, false, false);
    }

    /** Too few replicas can be reached. */
    static QuorumException noReplicas(String what, int needed, int replicas, int reachable) {
        return new QuorumException("NOREPLICAS " + needed + " of " + replicas + " replicas are needed to " + what + ", "
                + reachable + " can be reached");
    }
}
