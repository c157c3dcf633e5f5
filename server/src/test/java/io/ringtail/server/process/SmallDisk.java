package io.ringtail.server.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system of its own in memory, mounted for a test; where that is not allowed the test is skipped with the reason. Closing unmounts it. */
public final class SmallDisk implements AutoCloseable {
    private final Path mountPoint;

    public SmallDisk(Path mountPoint, String options) throws IOException, InterruptedException {
        this.mountPoint = Files.createDirectories(mountPoint);
        Process mount;
        try {
            mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "tmpfs", mountPoint.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            Assumptions.abort("no mount to make a small disk with: " + e.getMessage());
            return;
        }
        String output = new String(mount.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        Assumptions.assumeTrue(mount.waitFor() == 0, "a small disk cannot be mounted here: " + output);
    }

    public Path path() {
        return mountPoint;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        int code = new ProcessBuilder("umount", mountPoint.toString()).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException("umount " + mountPoint + " ended with " + code);
        }
    }
}
