package io.ringtail.server.loop;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/**
 * Lets a kind of warning that strangers can cause through a few times a second, and says how many it kept back. Safe for concurrent use.
 */
public final class RateLimitedLog {
    private static final int MAX_PER_SECOND = 5;

    private final Logger log;
    private final AtomicLong second = new AtomicLong();
    private final AtomicInteger inSecond = new AtomicInteger();
    private final AtomicLong suppressed = new AtomicLong();

    public RateLimitedLog(Logger log) {
        this.log = log;
    }

    public void warn(String text, Object... arguments) {
        long now = System.nanoTime() / 1_000_000_000L;
        if (second.getAndSet(now) != now) {
            inSecond.set(0);
            long kept = suppressed.getAndSet(0);
            if (kept > 0) {
                log.warn("{} more warnings of this kind were kept back", kept);
            }
        }
        if (inSecond.incrementAndGet() <= MAX_PER_SECOND) {
            log.warn(text, arguments);
        } else {
            suppressed.incrementAndGet();
        }
    }
}
