package io.ringtail.server.metrics;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process takes of its machine, asked of the system when somebody wants to know. Pure but for that; it may block for a moment. */
public final class NodeUse {
    private static final long PAGE_BYTES = 4096;

    private NodeUse() {}

    /** Processor time that all threads of the process have had since its start, in nanoseconds; 0 when the system does not say. */
    public static long cpuNanos() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? Math.max(0, system.getProcessCpuTime())
                : 0;
    }

    /** Memory of the process that is in the machine's, mapped files included; 0 when the system does not say. */
    public static long residentBytes() {
        try {
            String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
            return Long.parseLong(pages[1]) * PAGE_BYTES;
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    /**
     * Room on the disk that a directory is on.
     *
     * @param freeBytes that this process may still take
     * @param totalBytes of it; both are 0 when the system does not say
     */
    public record Disk(long freeBytes, long totalBytes) {
        public static Disk of(Path directory) {
            try {
                FileStore disk = Files.getFileStore(directory);
                return new Disk(Math.max(0, disk.getUsableSpace()), Math.max(0, disk.getTotalSpace()));
            } catch (IOException e) {
                return new Disk(0, 0);
            }
        }
    }
}
