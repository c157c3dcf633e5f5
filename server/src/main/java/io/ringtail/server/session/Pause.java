package io.ringtail.server.session;

/**
 * What {@code CLIENT PAUSE} holds back, and until when. Safe for concurrent use; asking whether anything is held back costs one
 * volatile read.
 */
public final class Pause {
    private enum Kind {
        NOTHING,
        WRITES,
        EVERYTHING
    }

    private volatile Kind kind = Kind.NOTHING;
    private volatile long endMillis;

    /** Holds back writes, or everything; a pause under way is only ever extended and widened. */
    public synchronized void begin(boolean everything, long untilMillis, long nowMillis) {
        boolean under = isActive(nowMillis);
        endMillis = under ? Math.max(endMillis, untilMillis) : untilMillis;
        kind = everything || (under && kind == Kind.EVERYTHING) ? Kind.EVERYTHING : Kind.WRITES;
    }

    public synchronized void end() {
        kind = Kind.NOTHING;
    }

    private boolean isActive(long nowMillis) {
        return kind != Kind.NOTHING && nowMillis < endMillis;
    }

    /** Whether a command must wait now. */
    public boolean holds(boolean isWrite) {
        Kind now = kind;
        return now != Kind.NOTHING
                && (now == Kind.EVERYTHING || isWrite)
                && System.currentTimeMillis() < endMillis;
    }

    /** Whether anything is held back now. */
    public boolean isActive() {
        return isActive(System.currentTimeMillis());
    }

    public boolean holdsEverything() {
        return kind == Kind.EVERYTHING;
    }

    public long endMillis() {
        return endMillis;
    }
}
