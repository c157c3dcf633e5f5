package io.ringtail.server.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process by its number and the moment it began, which together never come back: what was written to a file yesterday cannot be mistaken for another process that
 * has the number today. Immutable; Linux only, since it reads {@code /proc}.
 *
 * @param startTicks since the machine was started, as the kernel counts them
 */
record NodeProcess(long pid, long startTicks) {
    private static final Path PROC = Path.of("/proc");

    /** Fields of {@code /proc/PID/stat} behind the name, which may hold spaces. */
    private static final int STATE = 0;

    private static final int START_TICKS = 19;

    /** What is known of a process. */
    enum State {
        RUNNING,
        PAUSED,
        DEAD
    }

    /** The process of that number, which the caller has just started. */
    static NodeProcess of(long pid) throws IOException {
        String[] fields = stat(pid);
        if (fields == null) {
            throw new IOException("process " + pid + " is not there");
        }
        return new NodeProcess(pid, Long.parseLong(fields[START_TICKS]));
    }

    /** What {@link #save} has written; null when there is no such file, or it holds something else. */
    static @Nullable NodeProcess load(Path file) throws IOException {
        try {
            String[] words = Files.readString(file).trim().split(" ", -1);
            return words.length == 2 ? new NodeProcess(Long.parseLong(words[0]), Long.parseLong(words[1])) : null;
        } catch (NoSuchFileException | NumberFormatException e) {
            return null;
        }
    }

    void save(Path file) throws IOException {
        Files.writeString(file, pid + " " + startTicks + "\n");
    }

    private static String @Nullable [] stat(long pid) throws IOException {
        if (!Files.isDirectory(PROC.resolve("self"))) {
            throw new IOException("a local cluster needs Linux: there is no /proc here");
        }
        String stat;
        try {
            stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Gone, be it while it was read.
            return null;
        }
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    }

    State state() throws IOException {
        String[] fields = stat(pid);
        if (fields == null || Long.parseLong(fields[START_TICKS]) != startTicks) {
            return State.DEAD;
        }
        return switch (fields[STATE]) {
            case "Z", "X", "x" -> State.DEAD;
            case "T", "t" -> State.PAUSED;
            default -> State.RUNNING;
        };
    }

    /**
     * Sends a signal, if it is still this process.
     *
     * @param name as {@code kill} knows it, such as STOP
     */
    void signal(String name) throws IOException {
        if (state() == State.DEAD) {
            return;
        }
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).redirectErrorStream(true).start();
        String said = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        try {
            if (kill.waitFor() != 0 && state() != State.DEAD) {
                throw new IOException("kill -" + name + " " + pid + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Waits for a state; false when it did not come in time. */
    boolean await(State wanted, long timeoutMillis) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        while (state() != wanted) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Polling.pause();
        }
        return true;
    }
}
