package io.ringtail.cluster.message;

import org.jspecify.annotations.Nullable;

/** The first byte of a message. Requests are even, the answer to a request is its code plus one. */
public enum MessageType {
    /** Records to merge, for a replica. */
    WRITE(2),
    WRITE_REPLY(3),
    /** Keys to read, whole or as digests, from a replica. */
    READ(4),
    READ_REPLY(5),
    /** A client's command, carried out where it should be. */
    FORWARD(6),
    FORWARD_REPLY(7),
    /** A stretch of the keys a member holds. */
    SCAN(8),
    SCAN_REPLY(9),
    /** A database made void. */
    CLEAR(10),
    CLEAR_REPLY(11),
    /** Versions that a coordinator holds, for a replica to say which it holds otherwise. */
    CONFIRM(12),
    CONFIRM_REPLY(13),
    /** How many nodes have what a client's forwarded commands have written; or that the log be synced. */
    COPIES(14),
    COPIES_REPLY(15),
    /** Heartbeats. */
    GOSSIP(16),
    GOSSIP_REPLY(17),
    /** Consensus on the next epoch: first phase, second phase. */
    PREPARE(18),
    PREPARE_REPLY(19),
    ACCEPT(20),
    ACCEPT_REPLY(21),
    /** A topology that has been decided. */
    DECIDED(22),
    DECIDED_REPLY(23),
    /** A node asks to become a member. */
    JOIN(24),
    JOIN_REPLY(25),
    /** A node that is its cluster's only one, and holds no data, is asked to join another. */
    INVITE(26),
    INVITE_REPLY(27),
    /** Hashes of ranges, for a replica to say which of its own differ. */
    COMPARE(32),
    COMPARE_REPLY(33),
    /** The keys and versions that a replica holds in a range whose hashes differ. */
    LIST(34),
    LIST_REPLY(35),
    /** Whole records that a replica was found to lack. */
    FETCH(36),
    FETCH_REPLY(37),
    /** How far a member is with what it hands over. */
    TRANSFERS(40),
    TRANSFERS_REPLY(41),
    /**
     * Records to merge, for a replica and others of its data center that it passes them on to. Answered with a {@link #WRITE_REPLY} for each of them.
     */
    RELAY(42);

    private static final @Nullable MessageType[] BY_CODE = new MessageType[64];

    static {
        for (MessageType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;

    MessageType(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Whether it answers another message. */
    public boolean isReply() {
        return (code & 1) == 1;
    }

    /** The type of that code; null when there is none. */
    public static @Nullable MessageType of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
