package io.ringtail.cluster.message;

/** How a replica answers a data request as a whole: the byte behind the id of its answer. */
public enum ReplyStatus {
    /** Done; what it says of each entry follows. */
    DONE,
    /** The replica knows a newer epoch, whose number follows. */
    STALE_EPOCH,
    /** The replica has not heard of the asker's epoch yet, and wants to. */
    BEHIND,
    /** The replica has accepted an epoch in which others own what is asked for; whether it comes about is not known yet. */
    FROZEN,
    /** The replica takes no writes now; why follows. */
    REFUSED,
    /** The asker's clock is too far ahead. */
    CLOCK,
    /** What was to be passed on to the replica has not reached it, as far as the relay knows; or nobody knows. */
    UNREACHED;

    private static final ReplyStatus[] BY_CODE = values();

    /** @throws MalformedMessageException when there is no such status */
    public static ReplyStatus of(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new MalformedMessageException("reply of unknown status " + code);
        }
        return BY_CODE[code];
    }
}
