package io.ringtail.engine.commitlog;

/** When the log is made durable: Redis' {@code appendfsync}. */
public enum SyncPolicy {
    /** As soon as anything is written; a write may be acknowledged when {@link CommitLog#syncedPosition} covers it. */
    ALWAYS,
    /** Once a second when there is something new; a power cut loses at most the last two seconds. */
    EVERYSEC,
    /** When the operating system likes, and at the end of each segment. */
    NO
}
