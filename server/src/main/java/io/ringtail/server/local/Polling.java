package io.ringtail.server.local;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** The rhythm in which other processes are looked at. */
final class Polling {
    private static final long PERIOD_MILLIS = 50;

    private Polling() {}

    /** Waits until it makes sense to look again. */
    static void pause() throws InterruptedIOException {
        try {
            TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
