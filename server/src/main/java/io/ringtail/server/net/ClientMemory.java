package io.ringtail.server.net;

import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Sessions;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the buffers of all clients together occupy, and its bound: each client alone may stay within its limits and all together still fill the heap.
 *
 * <p>One per listener. Safe for concurrent use. Each connection tells it of changes. When the bound is exceeded the client that occupies most is
 * disconnected, as Redis' {@code maxmemory-clients} has it.
 */
final class ClientMemory {
    /** Buffers below this are not counted: there are too many of them, and {@code maxclients} bounds them. */
    static final int COUNTED_BYTES = 256 << 10;

    private static final long MIN_LIMIT_BYTES = 32L << 20;

    private final AtomicLong occupied = new AtomicLong();
    private final long limitBytes;
    private final Sessions sessions;

    ClientMemory(Configuration configuration, Sessions sessions) {
        // A quarter of memory-limit is the block cache's. What a command copies out of a buffer has to fit beside it.
        long free = Runtime.getRuntime().maxMemory() - configuration.number(Settings.MEMORY_LIMIT) / 4;
        this.limitBytes = Math.max(MIN_LIMIT_BYTES, free / 2);
        this.sessions = sessions;
    }

    void add(long bytes) {
        occupied.addAndGet(bytes);
    }

    boolean isExceeded() {
        return occupied.get() > limitBytes;
    }

    long limitBytes() {
        return limitBytes;
    }

    /** The client whose buffers are largest, as of about now; null when there is none. */
    @Nullable Session largest() {
        Session largest = null;
        long most = -1;
        for (Session session : sessions.all()) {
            long bytes = session.connection().queryCapacityBytes() + session.connection().outputBytes();
            if (bytes > most) {
                most = bytes;
                largest = session;
            }
        }
        return largest;
    }
}
