package io.ringtail.cluster.coordinator;

/**
 * A command reads a key whose record is on other nodes and has not been read for it yet. Nothing has been written: the command is begun again when it is here.
 * Without a stack trace and always the same: it is a turn in the road, not a failure.
 */
public final class NotFetchedException extends RuntimeException {
    public static final NotFetchedException INSTANCE = new NotFetchedException();

    private NotFetchedException() {
        super("not fetched", null, false, false);
    }
}
