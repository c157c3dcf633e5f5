package io.ringtail.bench.example;

import io.ringtail.server.local.LocalCluster;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ringtail example cart}: makes a cluster for {@link CartStory}, and stops and deletes all that was started, whatever happens meanwhile. Confined to the main thread. */
@Command(
        name = "cart",
        mixinStandardHelpOptions = true,
        description = {
            "Starts three nodes, cuts the network between them, and has a client on each side put something into the same shopping cart.",
            "Shows what becomes of both carts, and how a client makes one of them."
        })
final class CartCommand implements Callable<Integer> {
    private static final long LAST_WORDS_SECONDS = 30;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "7201", description = "of node 1; the others follow; node ports are 10000 above (default: ${DEFAULT-VALUE})")
    private int port;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** What is done at the end, whatever has happened before. */
    private interface Ending extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    @Override
    public Integer call() throws IOException {
        Thread story = Thread.currentThread();
        CountDownLatch ended = new CountDownLatch(1);
        // The nodes are not of this terminal: one who ends the story early waits until they have been stopped.
        Thread atExit = new Thread(() -> endEarly(story, ended), "end example");
        Runtime.getRuntime().addShutdownHook(atExit);
        Path directory = Files.createTempDirectory("ringtail-example-");
        try (Ending deleted = () -> delete(directory);
                LocalCluster cluster = new LocalCluster(directory, new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
                Ending stopped = () -> stop(cluster)) {
            new CartStory(cluster, port, spec.commandLine().getOut()).tell();
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        } finally {
            ended.countDown();
            forget(atExit);
        }
        spec.commandLine().getOut().println("\nAll nodes are stopped, their data deleted.");
        spec.commandLine().getOut().flush();
        return 0;
    }

    /** What has interrupted the story is not to interrupt its end. */
    private static void stop(LocalCluster cluster) throws IOException {
        boolean interrupted = Thread.interrupted();
        cluster.down(true);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is left when the nodes are gone; all of it, where they are not, is there to be looked at. */
    private static void delete(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve("lock"));
        Files.delete(directory);
    }

    private static void endEarly(Thread story, CountDownLatch ended) {
        story.interrupt();
        try {
            boolean ignored = ended.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread atExit) {
        try {
            boolean ignored = Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // it is what has brought the story to its end
        }
    }
}
