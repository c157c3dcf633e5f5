package io.ringtail.server.command;

/** What became of a command the dispatcher was given. */
public enum Outcome {
    /** A reply was written. */
    ANSWERED,
    /** Nothing was written: it has to run on a thread that may wait. */
    NEEDS_WORKER,
    /** Nothing was written: {@code CLIENT PAUSE} holds it back. */
    POSTPONED,
    /** Nothing was written: the connection is told when it is to be run again, or is given the reply. */
    AWAITED,
    /** Nothing was written: it is to be run again when all that the client has been answered before has gone out. */
    BEHIND
}
