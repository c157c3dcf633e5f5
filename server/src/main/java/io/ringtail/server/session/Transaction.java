package io.ringtail.server.session;

import io.ringtail.protocol.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands between {@code MULTI} and {@code EXEC}. Made by {@code MULTI}, filled by the dispatcher, run by {@code EXEC}.
 *
 * <p>Confined to the connection's event loop, or to the worker that runs a command for it.
 */
public final class Transaction {
    /** Most bytes and commands one transaction may hold. */
    public static final long MAX_BYTES = 256L << 20;

    public static final int MAX_COMMANDS = 1 << 20;

    private final List<Request> queue = new ArrayList<>();
    private long bytes;
    private boolean failed;
    private boolean writes;

    /** Adds a copy of {@code request}; false, and nothing added, when the transaction would be too large. */
    public boolean add(Request request, boolean isWrite) {
        long size = 64;
        for (int i = 0; i < request.count(); i++) {
            size += request.size(i) + 8;
        }
        if (bytes + size > MAX_BYTES || queue.size() == MAX_COMMANDS) {
            return false;
        }
        bytes += size;
        writes |= isWrite;
        queue.add(request.copy());
        return true;
    }

    public List<Request> queue() {
        return queue;
    }

    public long bytes() {
        return bytes;
    }

    /** Remembers that a command was refused, so that {@code EXEC} refuses all. */
    public void fail() {
        failed = true;
    }

    public boolean failed() {
        return failed;
    }

    /** Whether one of the commands writes. */
    public boolean writes() {
        return writes;
    }
}
