package io.ringtail.server.session;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All clients that are connected, in the order they came, and which of them watch the others ({@code MONITOR}).
 *
 * <p>Safe for concurrent use. Bounded by {@code maxclients}, which the connection's handler enforces with {@link #tryEnter}.
 */
public final class Sessions {
    private final ConcurrentSkipListMap<Long, Session> byId = new ConcurrentSkipListMap<>();
    private final List<Session> monitors = new CopyOnWriteArrayList<>();
    private final AtomicLong lastId = new AtomicLong();
    private final AtomicInteger count = new AtomicInteger();
    private volatile int monitorCount;

    public long nextId() {
        return lastId.incrementAndGet();
    }

    /** Takes a place among {@code maxCount}; false when there is none. Each place taken is given back by {@link #leave}. */
    public boolean tryEnter(int maxCount) {
        if (count.incrementAndGet() > maxCount) {
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Gives back a place that no session was added for. */
    public void leave() {
        count.decrementAndGet();
    }

    public void add(Session session) {
        byId.put(session.id(), session);
    }

    /** Removes a session and gives its place back. */
    public void remove(Session session) {
        if (byId.remove(session.id()) != null) {
            count.decrementAndGet();
        }
        stopMonitor(session);
    }

    public @Nullable Session find(long id) {
        return byId.get(id);
    }

    public Collection<Session> all() {
        return byId.values();
    }

    public int count() {
        return count.get();
    }

    public void startMonitor(Session session) {
        if (!session.isMonitor()) {
            session.monitor(true);
            monitors.add(session);
            monitorCount = monitors.size();
        }
    }

    public void stopMonitor(Session session) {
        if (session.isMonitor()) {
            session.monitor(false);
            monitors.remove(session);
            monitorCount = monitors.size();
        }
    }

    /** Whether anybody watches; one volatile read. */
    public boolean isMonitored() {
        return monitorCount != 0;
    }

    public List<Session> monitors() {
        return monitors;
    }
}
