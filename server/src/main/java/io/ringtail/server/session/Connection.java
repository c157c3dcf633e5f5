package io.ringtail.server.session;

import io.ringtail.protocol.Request;

/** A session's socket, as far as commands may act on it. Safe for concurrent use. */
public interface Connection {
    /** Closes it at once; what was not sent is lost. */
    void kill();

    /** Sends bytes that are encoded already, between two replies; closes the connection when its peer has left too much unread. */
    void push(byte[] encoded);

    /** Looks again at a request that was postponed. */
    void resume();

    /** What a command has waited for, of other nodes, is here: it is run again. On the connection's loop. */
    void runAgain();

    /** The reply to a command that another node has carried out, valid until this returns. On the connection's loop. */
    void answerForwarded(byte[] array, int offset, int size);

    /** Has a request, which is copied already, run and traced: {@link #answerForwarded} brings the reply. On the connection's loop. */
    void trace(Request request);

    /** Bytes of replies that are written and not sent. */
    long outputBytes();

    /** Bytes of requests that are not whole yet. */
    int queryBytes();

    /** Bytes of memory the buffer for requests occupies. */
    int queryCapacityBytes();
}
