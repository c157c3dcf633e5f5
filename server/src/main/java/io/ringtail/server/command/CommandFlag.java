package io.ringtail.server.command;

/** What the dispatcher, {@code COMMAND} and clients need to know of a command. The first ones carry Redis' names. */
public enum CommandFlag {
    WRITE,
    READONLY,
    DENYOOM,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    NO_AUTH,
    NO_MULTI,
    MOVABLEKEYS,
    ALLOW_BUSY,
    /** Ringtail's own, not shown to clients: reads several keys at one moment, so it runs exclusively though it writes nothing. */
    EXCLUSIVE,
    /**
     * Ringtail's own, not shown to clients: does with each of its keys the same, whatever the others hold. In a cluster any node carries it out, whosever the keys
     * are, and each key is a write by itself.
     */
    KEYWISE,
    /**
     * Ringtail's own, not shown to clients: reads and writes its first key, and overwrites others unseen. In a cluster it is the first key's. One that is {@link #KEYWISE}
     * writes its first key, and only reads the others.
     */
    FIRST_KEY,
    /**
     * Ringtail's own, not shown to clients: changes a set, which is there in every keyspace as it is where siblings are kept. In a cluster it is carried out at one replica of the key, under its slot's lock.
     */
    CHANGES_SET,
    /** Ringtail's own, not shown to clients: walks members before it writes. In a cluster it waits for them, which a transaction cannot. */
    GATHERS,
    /** Ringtail's own, not shown to clients: may take long, so a worker runs it, never an event loop. */
    WORKER,
    /** Ringtail's own, not shown to clients: tells of the client's connection, or changes it. Another node, which carries out a transaction for it, has none. */
    CONNECTION,
    /** Ringtail's own, not shown to clients: runs the command that its arguments are, and tells how that went. */
    TRACES
}
