package io.ringtail.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ringtail.bench.CpuAffinity;
import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.client.Reply;
import io.ringtail.protocol.client.ReplyDecoder;
import io.ringtail.protocol.client.ReplyLimits;
import io.ringtail.protocol.client.RequestEncoder;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A server in a process of its own, on a free port of the loopback interface, with its data in a directory that is
 * deleted at the end.
 *
 * <p>Started by a comparison, which closes it; {@link #close} kills the process and waits for its end, and so does
 * the end of this one. Confined to one thread.
 */
public final class ServerUnderTest implements Closeable {
    /** What {@code ./ringtail server} passes to the JVM, heap aside. */
    private static final List<String> JVM_FLAGS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError");

    private static final long START_LIMIT_NANOS = 60_000_000_000L;
    private static final int ANSWER_LIMIT_MILLIS = 20_000;
    private static final double TICKS_PER_SECOND = 100;

    private final String name;
    private final Process process;
    private final int port;
    private final TemporaryDirectory directory;
    private final Path output;
    private final Thread atExit;

    private ServerUnderTest(String name, List<String> command, int port, TemporaryDirectory directory)
            throws IOException {
        this.name = name;
        this.port = port;
        this.directory = directory;
        this.output = directory.path().resolve("output.txt");
        this.process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        this.atExit = new Thread(process::destroyForcibly, "kill " + name);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts Ringtail from the JDK and class path of this process, with the JVM options of {@code ./ringtail server}
     * and those in {@code RINGTAIL_JAVA_OPTS}.
     *
     * @param mainClass of the server's command line
     * @param core to run on; negative for any
     */
    public static ServerUnderTest ringtail(String mainClass, int core, int memoryLimitMegabytes, List<String> options)
            throws IOException {
        TemporaryDirectory directory = TemporaryDirectory.create("ringtail-bench-");
        int port = freePort();
        List<String> command = new ArrayList<>(CpuAffinity.prefix(core));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.addAll(List.of(
                "-Xms64m",
                "-Xmx" + (memoryLimitMegabytes / 2 + 192) + "m",
                "-XX:MaxDirectMemorySize=" + (memoryLimitMegabytes + 256) + "m"));
        String more = System.getenv("RINGTAIL_JAVA_OPTS");
        if (more != null && !more.isBlank()) {
            command.addAll(List.of(more.strip().split("\\s+")));
        }
        command.addAll(List.of(
                "-cp", classPath(), mainClass, "server",
                "--port", Integer.toString(port),
                "--data-dir", directory.path().resolve("data").toString(),
                "--memory-limit", memoryLimitMegabytes + "mb",
                "--appendfsync", "everysec"));
        command.addAll(options);
        return start("Ringtail", command, port, directory);
    }

    /** This process's own; surefire keeps a test's elsewhere. */
    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Starts the {@code redis-server} of the path, with its log on and never rewritten. */
    public static ServerUnderTest redis(int core, List<String> options) throws IOException {
        TemporaryDirectory directory = TemporaryDirectory.create("ringtail-bench-redis-");
        int port = freePort();
        List<String> command = new ArrayList<>(CpuAffinity.prefix(core));
        command.addAll(List.of(
                "redis-server",
                "--port", Integer.toString(port),
                "--bind", "127.0.0.1",
                "--dir", directory.path().toString(),
                "--save", "",
                "--appendonly", "yes",
                "--appendfsync", "everysec",
                "--auto-aof-rewrite-percentage", "0"));
        command.addAll(options);
        return start("Redis", command, port, directory);
    }

    private static ServerUnderTest start(String name, List<String> command, int port, TemporaryDirectory directory)
            throws IOException {
        ServerUnderTest server;
        try {
            server = new ServerUnderTest(name, command, port, directory);
        } catch (IOException e) {
            directory.close();
            throw e;
        }
        try {
            server.awaitReady();
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void awaitReady() throws IOException {
        long startNanos = System.nanoTime();
        while (true) {
            try {
                if (request("PING") instanceof Reply.SimpleString) {
                    return;
                }
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IOException(name + " ended instead of serving: " + lastOutput(), e);
                }
                if (System.nanoTime() - startNanos > START_LIMIT_NANOS) {
                    throw new IOException(name + " does not serve: " + lastOutput(), e);
                }
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** The last of what it has printed. */
    String lastOutput() throws IOException {
        List<String> lines = Files.readAllLines(output);
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    /** A port nobody listens on at the moment. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public String name() {
        return name;
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    /** Sends one command on a connection of its own and returns the reply, which may be an error. */
    public Reply request(String... arguments) throws IOException {
        return requests(List.<String[]>of(arguments)).getFirst();
    }

    /** Sends commands on a connection of their own and returns the replies, which may be errors. */
    List<Reply> requests(List<String[]> commands) throws IOException {
        ByteBuf encoded = Unpooled.buffer();
        for (String[] command : commands) {
            RequestEncoder.encode(encoded, command);
        }
        List<Reply> replies = new ArrayList<>();
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(ANSWER_LIMIT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_LIMIT_MILLIS);
            encoded.readBytes(socket.getOutputStream(), encoded.readableBytes());
            ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);
            byte[] chunk = new byte[4096];
            while (true) {
                Reply reply = decoder.next();
                if (reply != null) {
                    replies.add(reply);
                    if (replies.size() == commands.size()) {
                        return replies;
                    }
                    continue;
                }
                int read = socket.getInputStream().read(chunk);
                if (read < 0) {
                    throw new IOException(name + " closed the connection instead of answering " + commands.getFirst()[0]);
                }
                decoder.feed(Unpooled.wrappedBuffer(chunk, 0, read));
            }
        } catch (ProtocolException e) {
            throw new IOException(name + " answered " + commands.getFirst()[0] + " with garbage", e);
        } finally {
            encoded.release();
        }
    }

    /** {@code CONFIG SET}. */
    public void configure(String setting, String value) throws IOException {
        Reply reply = request("CONFIG", "SET", setting, value);
        if (reply instanceof Reply.Failure failure) {
            throw new IOException(name + " does not take " + setting + " " + value + ": " + failure.text());
        }
    }

    /** CPU seconds all its threads have used so far, to a hundredth; not a number where {@code /proc} does not tell. */
    public double cpuSeconds() throws IOException {
        Path file = Path.of("/proc/" + pid() + "/stat");
        return Files.isReadable(file) ? cpuSeconds(Files.readString(file)) : Double.NaN;
    }

    /**
     * User and system time in a {@code /proc/PID/stat} line: fields 14 and 15, counted behind the name, which may
     * hold anything.
     */
    static double cpuSeconds(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** Megabytes (10^6) of memory that are resident; not a number where {@code /proc} does not tell. */
    public double residentMegabytes() throws IOException {
        Path file = Path.of("/proc/" + pid() + "/status");
        if (!Files.isReadable(file)) {
            return Double.NaN;
        }
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024 / 1e6;
            }
        }
        return Double.NaN;
    }

    /** Stops it where it is, so that it does not disturb another's turn, until {@link #resume}. */
    public void pause() throws IOException {
        signal("-STOP");
    }

    public void resume() throws IOException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException {
        Process kill = new ProcessBuilder("kill", signal, Long.toString(pid())).start();
        try {
            if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IOException("kill " + signal + " " + pid() + " failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Kills it, waits for its end, deletes its data. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // this process ends: the directory has a hook of its own
        }
        directory.close();
    }
}
