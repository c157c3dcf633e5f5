package io.ringtail.server.session;

/** What {@code CLIENT REPLY} asked for. */
public enum ReplyMode {
    ON,
    OFF,
    /** No reply to the command that is under way, which is the {@code CLIENT REPLY SKIP} itself. */
    SKIP_THIS,
    /** No reply to the command that comes next. */
    SKIP_NEXT
}
