package io.ringtail.engine;

/** Waiting for a thread to end. */
final class Threads {
    private Threads() {}

    /** Returns when {@code thread} has ended; an interrupt meanwhile is kept for the caller. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
