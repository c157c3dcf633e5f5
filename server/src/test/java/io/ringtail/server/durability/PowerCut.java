package io.ringtail.server.durability;

import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Cuts the power of a disk under a server, again and again, and checks what is left. Run by hand, by root, on Linux with xfsprogs; {@code
 * scripts/power-cut.sh} does.
 *
 * <p>The disk is an image with ext4 on it, mounted for the server's data; the image lies on an XFS that can share blocks between files. A copy by
 * sharing, made in milliseconds while the server runs on, holds what the disk had received by then and nothing of what was still in the file system's
 * cache, as a disk that loses its power does. The next server starts from the copy.
 *
 * <p>With {@code always} nothing may be missing that was acknowledged before the copy began; with {@code everysec} nothing that was acknowledged two
 * seconds before that. With either, what is there is all that happened up to some moment.
 */
public final class PowerCut {
    private static final int CLIENTS = 4;
    private static final long EVERYSEC_LOSS_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Path directory;
    private final Path images;
    private final Path data;
    private final String policy;
    private final SplittableRandom random;
    private final Load load;

    private PowerCut(Path directory, String policy, long seed) {
        this.directory = directory;
        this.images = directory.resolve("images");
        this.data = directory.resolve("data");
        this.policy = policy;
        this.random = new SplittableRandom(seed);
        this.load = new Load(CLIENTS, seed, 8_000);
    }

    /** Arguments: a directory to work in, the sync policy, how many cuts; perhaps a seed. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]).toAbsolutePath();
        int rounds = Integer.parseInt(arguments[2]);
        long seed = arguments.length > 3 ? Long.parseLong(arguments[3]) : System.nanoTime();
        say("policy " + arguments[1] + ", " + rounds + " cuts, seed " + seed);
        PowerCut cut = new PowerCut(directory, arguments[1], seed);
        try {
            cut.mountImages();
            for (int round = 1; round <= rounds; round++) {
                cut.round(round);
            }
            say("all " + rounds + " cuts passed; " + cut.load.acknowledged() + " steps were acknowledged");
        } finally {
            cut.unmount();
        }
    }

    private void mountImages() throws IOException, InterruptedException {
        Files.createDirectories(images);
        Files.createDirectories(data);
        Path outer = directory.resolve("xfs.img");
        run("truncate", "-s", "6G", outer.toString());
        run("mkfs.xfs", "-q", "-f", "-m", "reflink=1", outer.toString());
        run("mount", "-o", "loop", outer.toString(), images.toString());
        run("truncate", "-s", "2G", images.resolve("disk.img").toString());
        run("mkfs.ext4", "-q", "-F", images.resolve("disk.img").toString());
        run("mount", "-o", "loop", images.resolve("disk.img").toString(), data.toString());
    }

    private void round(int round) throws Exception {
        String[] options = {"--appendfsync", policy, "--memory-limit", "64mb"};
        Path disk = images.resolve("disk.img");
        Path copy = images.resolve("cut.img");
        long cutNanos;
        long copyMillis;
        try (ServerProcess server = ServerProcess.start(data.resolve("store"), options)) {
            load.start(server.port());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2_500 + random.nextInt(3_000)));
            cutNanos = System.nanoTime();
            run("cp", "--reflink=always", disk.toString(), copy.toString());
            copyMillis = (System.nanoTime() - cutNanos) / 1_000_000;
            server.kill();
            load.finish();
        }
        run("umount", data.toString());
        run("mv", copy.toString(), disk.toString());
        run("mount", "-o", "loop", disk.toString(), data.toString());
        try (ServerProcess server = ServerProcess.start(data.resolve("store"), options)) {
            long promised = policy.equals("always") ? cutNanos : cutNanos - EVERYSEC_LOSS_NANOS;
            long lost = load.check(server.port(), promised, policy + ", cut " + round);
            say("cut " + round + ": copied in " + copyMillis + " ms; " + lost
                    + " acknowledged steps are not there (those since the cut included), none of them promised; "
                    + load.describeLoss(server.port(), cutNanos));
            load.beginAgain(server.port());
            if (server.terminate() != 0) {
                throw new AssertionError("the server did not stop cleanly: " + server.output());
            }
        }
    }

    private void unmount() throws IOException, InterruptedException {
        quietly("umount", data.toString());
        quietly("umount", images.toString());
        Files.deleteIfExists(directory.resolve("xfs.img"));
    }

    private static void quietly(String... command) throws IOException, InterruptedException {
        new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.trim());
        }
    }

    @SuppressWarnings("SystemOut") // a program run by hand
    private static void say(String line) {
        System.out.println(line);
    }
}
