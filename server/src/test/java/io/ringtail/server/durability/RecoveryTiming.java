package io.ringtail.server.durability;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Times how long a server takes to start: on an empty store, on a log of 1 GiB that no table holds yet, and on 10 million keys. A program run by
 * hand, with a directory to work in; the store is made by a process that halts without closing it.
 */
public final class RecoveryTiming {
    private static final int VALUE_BYTES = 100;
    private static final int BATCH = 200;
    private static final int KEYS = 10_000_000;

    private RecoveryTiming() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        if (arguments.length > 1) {
            make(directory, arguments[1]);
            return;
        }
        time("an empty store", directory.resolve("empty"));
        for (String kind : List.of("log", "keys")) {
            Path store = directory.resolve(kind);
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(flag -> flag.startsWith("--"))
                    .toList());
            command.addAll(List.of(
                    "-cp", System.getProperty("java.class.path"), RecoveryTiming.class.getName(), store.toString(), kind));
            int code = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (code != 0) {
                throw new IOException("making the store ended with " + code);
            }
            time(kind.equals("log") ? "1 GiB of log, killed" : KEYS + " keys, killed", store);
            time(kind + ", stopped cleanly before", store);
        }
    }

    private static void make(Path directory, String kind) throws IOException {
        StoreOptions options = StoreOptions.of(directory);
        options = kind.equals("log")
                ? options.withSizes(3L << 30, 64 << 20, 64 << 20, 64 << 20)
                : options.withMemoryLimit(1 << 30);
        Store store = Store.open(options, StoreListener.NONE);
        StoreSession session = store.session();
        Key key = new Key();
        Record record = new Record();
        byte[] value = new byte[VALUE_BYTES];
        long startNanos = System.nanoTime();
        for (int i = 0; kind.equals("log") ? store.statistics().logBytes() < 1L << 30 : i < KEYS; i += BATCH) {
            store.writeLock().lock();
            try {
                for (int j = i; j < i + BATCH; j++) {
                    ByteBuffer.wrap(value).putLong(j * 0x9E3779B97F4A7C15L).putLong(j);
                    key.set(0, ("key:" + j).getBytes(StandardCharsets.US_ASCII));
                    session.merge(key, record.setValue((1L << 40) + j, store.actor(), 0, value, 0, VALUE_BYTES));
                }
            } finally {
                store.writeLock().unlock();
            }
            store.append();
            long throttle = store.throttleNanos();
            if (throttle > 0) {
                java.util.concurrent.locks.LockSupport.parkNanos(throttle);
            }
        }
        say("made " + directory + " in " + (System.nanoTime() - startNanos) / 1_000_000 + " ms: " + store.statistics());
        Runtime.getRuntime().halt(0);
    }

    private static void time(String what, Path store) throws IOException {
        Files.createDirectories(store);
        long bytes = bytes(store);
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        long startNanos = System.nanoTime();
        try (ServerProcess server = ServerProcess.start(store, "--memory-limit", "1024mb");
                WireClient wire = new WireClient(server.port())) {
            wire.text("GET", "key:1");
            long millis = (System.nanoTime() - startNanos) / 1_000_000;
            say(what + ": " + millis + " ms from the command to the first reply; " + (bytes >> 20) + " MiB on disk; load average "
                    + load);
            if (server.terminate() != 0) {
                throw new IOException("the server did not stop cleanly: " + server.output());
            }
        }
    }

    private static long bytes(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @SuppressWarnings("SystemOut") // a program run by hand
    private static void say(String line) {
        System.out.println(line);
    }
}
