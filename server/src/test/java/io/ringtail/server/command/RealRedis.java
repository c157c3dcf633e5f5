package io.ringtail.server.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A {@code redis-server} of this machine to compare with, and one connection to it. Started by a test, and stopped by its {@link #close}. Confined to its thread. */
final class RealRedis implements AutoCloseable {
    private final Process process;
    private final Socket socket;
    private final InputStream in;

    private RealRedis(Process process, Socket socket) throws IOException {
        this.process = process;
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /** The test is skipped where there is none on PATH. */
    static RealRedis start(Path directory) throws IOException, InterruptedException {
        String path = String.valueOf(System.getenv("PATH"));
        Assumptions.assumeTrue(
                Arrays.stream(path.split(File.pathSeparator)).anyMatch(p -> new File(p, "redis-server").canExecute()),
                "no redis-server on PATH");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process process = new ProcessBuilder("redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("redis.log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setTcpNoDelay(true);
                return new RealRedis(process, socket);
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    process.destroy();
                    throw e;
                }
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Its answer, as {@link RespText} has it. */
    String ask(List<String> words) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(("*" + words.size() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        for (String word : words) {
            out.writeBytes(("$" + word.length() + "\r\n" + word + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
        socket.getOutputStream().write(out.toByteArray());
        return RespText.read(in);
    }

    @Override
    public void close() throws IOException {
        socket.close();
        process.destroy();
        process.onExit().join();
    }
}
