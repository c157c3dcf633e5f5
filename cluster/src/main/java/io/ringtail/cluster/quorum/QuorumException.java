package io.ringtail.cluster.quorum;

/** An operation cannot be carried out with what can be reached; nothing was changed. The message is an error reply. Without a stack trace: it is an outcome. */
public final class QuorumException extends RuntimeException {
    public QuorumException(String message) {
        super(message, null, false, false);
    }

    /** Too few replicas can be reached. */
    static QuorumException noReplicas(String what, int needed, int replicas, int reachable) {
        return noReplicas(what, needed, replicas, "", reachable);
    }

    /** @param where in which data center, as it follows the word replicas */
    static QuorumException noReplicas(String what, int needed, int replicas, String where, int reachable) {
        return new QuorumException("NOREPLICAS " + needed + " of " + replicas + " replicas" + where + " are needed to " + what + ", "
                + reachable + " can be reached");
    }
}
