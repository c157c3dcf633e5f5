package io.ringtail.bench.compare;

import io.ringtail.bench.CpuAffinity;
import io.ringtail.bench.Median;
import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.bench.TextTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench engine}: the storage engine beside RocksDB, each given the same work in turns, one thread on
 * one core.
 *
 * <p>A round is, for each engine: an empty directory is filled with keys in random order, in batches; the engine
 * settles; it is closed and opened again, its files are read once so that they are in the page cache, and then there
 * are random reads, missing keys and a scan. Every value read is compared with what was written, and a scan has to
 * show every key once. A round of few keys comes first and is not counted: compiled code is what is compared.
 *
 * <p>Bytes written are what the process gave to the system's write calls ({@code wchar} of {@code /proc/self/io}),
 * the same measure for both. Confined to the main thread; the engines have threads of their own, which share the
 * core.
 */
@Command(
        name = "engine",
        mixinStandardHelpOptions = true,
        description = "Measures the storage engine beside RocksDB: the same work in turns, one thread on one core.")
public final class EngineComparison implements Callable<Integer> {
    private static final int BATCH = 64;

    @Option(
            names = "--keys",
            paramLabel = "COUNT",
            defaultValue = "5000000",
            description = "keys of a round (default: ${DEFAULT-VALUE})")
    private long keys;

    @Option(
            names = "--reads",
            paramLabel = "COUNT",
            defaultValue = "1000000",
            description = "random reads, and as many of missing keys (default: ${DEFAULT-VALUE})")
    private long reads;

    @Option(
            names = "--value-size",
            paramLabel = "BYTES",
            defaultValue = "100",
            description = "default: ${DEFAULT-VALUE}")
    private int valueBytes;

    @Option(
            names = "--rounds",
            paramLabel = "COUNT",
            defaultValue = "3",
            description = "rounds that count (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warmup-keys",
            paramLabel = "COUNT",
            defaultValue = "500000",
            description = "keys of the round that does not count, 0 for none (default: ${DEFAULT-VALUE})")
    private long warmupKeys;

    @Option(
            names = "--write-buffer",
            paramLabel = "MB",
            defaultValue = "64",
            description = "of one memtable; there may be three (default: ${DEFAULT-VALUE})")
    private long writeBufferMegabytes;

    @Option(names = "--block-cache", paramLabel = "MB", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
    private long blockCacheMegabytes;

    @Option(
            names = "--core",
            paramLabel = "CORE",
            defaultValue = "0",
            description = "to run on; -1 for any (default: ${DEFAULT-VALUE})")
    private int core;

    @Option(names = "--only", paramLabel = "ENGINE", description = "ringtail or rocksdb, for profiles; default both")
    private @Nullable String only;

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description = "where to keep files meanwhile; default the system's temporary one")
    private @Nullable Path directory;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (keys < 1 || reads < 1 || rounds < 1 || valueBytes < 1 || valueBytes > 1 << 20 || blockCacheMegabytes < 0) {
            throw new ParameterException(
                    spec.commandLine(), "keys, reads and rounds must be at least 1, values of 1 byte to 1 MiB");
        }
        List<Engine.Opener> contenders = contenders();
        try {
            compare(contenders, spec.commandLine().getOut());
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println("ringtail: " + e.getMessage());
            return 1;
        }
    }

    private void compare(List<Engine.Opener> contenders, PrintWriter out) throws IOException {
        if (core >= 0 && CpuAffinity.available()) {
            CpuAffinity.pinThisProcess(core);
            out.println("One thread, everything on core " + core + ".");
        } else {
            out.println("Not pinned to a core" + (core >= 0 ? ", as there is no taskset." : "."));
        }
        out.printf(
                Locale.ROOT,
                "%,d keys of %d bytes, values of %d; write buffer %d MB, block cache %d MB; LZ4, log on, no fsync.%n",
                keys, Dataset.KEY_BYTES, valueBytes, writeBufferMegabytes, blockCacheMegabytes);
        if (warmupKeys > 0) {
            for (Engine.Opener contender : contenders) {
                round(contender, warmupKeys, Math.min(reads, warmupKeys));
            }
            out.println("Warm.");
        }
        Map<String, List<EngineFigures>> figures = new LinkedHashMap<>();
        contenders.forEach(contender -> figures.put(contender.name(), new ArrayList<>()));
        for (int round = 1; round <= rounds; round++) {
            List<Engine.Opener> order = round % 2 == 1 ? contenders : contenders.reversed();
            for (Engine.Opener contender : order) {
                EngineFigures measured = round(contender, keys, reads);
                figures.getOrDefault(contender.name(), new ArrayList<>()).add(measured);
                out.printf(Locale.ROOT, "round %d, %s: %s%n", round, contender.name(), oneLine(measured));
                out.flush();
            }
        }
        out.println();
        out.print(table(figures));
        out.flush();
    }

    private List<Engine.Opener> contenders() {
        List<Engine.Opener> all = List.of(RingtailEngine.OPENER, RocksEngine.OPENER);
        String chosen = only;
        if (chosen == null) {
            return all;
        }
        List<Engine.Opener> found =
                all.stream().filter(one -> one.name().equalsIgnoreCase(chosen)).toList();
        if (found.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--only " + chosen + ": there are ringtail and rocksdb");
        }
        return found;
    }

    private EngineFigures round(Engine.Opener contender, long count, long readCount) throws IOException {
        Dataset dataset = new Dataset(valueBytes);
        Engine.Memory memory = new Engine.Memory(writeBufferMegabytes << 20, blockCacheMegabytes << 20);
        try (TemporaryDirectory files = directory == null
                ? TemporaryDirectory.create("ringtail-bench-")
                : TemporaryDirectory.create(directory, "ringtail-bench-")) {
            long writtenBefore = bytesWritten();
            long startNanos = System.nanoTime();
            double fillSeconds;
            double settleSeconds;
            try (Engine engine = contender.open(files.path(), memory)) {
                fill(engine, dataset, count);
                fillSeconds = secondsSince(startNanos);
                engine.settle();
                settleSeconds = secondsSince(startNanos);
            }
            long written = writtenBefore < 0 ? -1 : bytesWritten() - writtenBefore;
            try (Engine engine = contender.open(files.path(), memory)) {
                readFiles(files.path());
                return new EngineFigures(
                        count / fillSeconds,
                        count / settleSeconds,
                        readCount / read(engine, dataset, count, readCount),
                        readCount / miss(engine, dataset, count, readCount),
                        count / scan(engine, dataset, count),
                        written < 0 ? Double.NaN : (double) written / (count * (Dataset.KEY_BYTES + valueBytes)),
                        files.bytes(".sst"), // both call them so
                        files.bytes(""));
            }
        }
    }

    private static void fill(Engine engine, Dataset dataset, long count) throws IOException {
        byte[] key = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[dataset.valueBytes()];
        for (long number = 0; number < count; number++) {
            Dataset.key(number, key);
            dataset.value(number, value);
            engine.put(key, value);
            if (number % BATCH == BATCH - 1) {
                engine.commit();
            }
        }
        engine.commit();
    }

    private static double read(Engine engine, Dataset dataset, long count, long readCount) throws IOException {
        byte[] key = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[dataset.valueBytes()];
        long startNanos = System.nanoTime();
        for (long draw = 0; draw < readCount; draw++) {
            long number = Dataset.below(draw, count);
            Dataset.key(number, key);
            int size = engine.get(key, value);
            if (!dataset.isValue(number, value, 0, size)) {
                throw new IllegalStateException("key " + number + " was answered with " + size + " other bytes");
            }
        }
        return secondsSince(startNanos);
    }

    private static double miss(Engine engine, Dataset dataset, long count, long readCount) throws IOException {
        byte[] key = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[dataset.valueBytes()];
        long startNanos = System.nanoTime();
        for (long draw = 0; draw < readCount; draw++) {
            long number = count + Dataset.below(draw, count);
            Dataset.key(number, key);
            if (engine.get(key, value) >= 0) {
                throw new IllegalStateException("key " + number + " was never written and yet is there");
            }
        }
        return secondsSince(startNanos);
    }

    private static double scan(Engine engine, Dataset dataset, long count) throws IOException {
        long[] seen = {0, 0};
        long startNanos = System.nanoTime();
        engine.scan((key, keyOffset, value, valueOffset, valueSize) -> {
            long number = Dataset.number(key, keyOffset);
            if (!dataset.isValue(number, value, valueOffset, valueSize)) {
                throw new IllegalStateException("the scan shows another value for key " + number);
            }
            seen[0]++;
            seen[1] += number;
        });
        double seconds = secondsSince(startNanos);
        if (seen[0] != count || seen[1] != count * (count - 1) / 2) {
            throw new IllegalStateException("the scan shows " + seen[0] + " pairs of " + count + ", or others");
        }
        return seconds;
    }

    private static double secondsSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /** Reads every file once, so that reads that follow find them in the page cache. */
    private static void readFiles(Path of) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (var found = Files.walk(of)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                try (var in = Files.newInputStream(file)) {
                    int read;
                    do {
                        read = in.read(buffer);
                    } while (read >= 0);
                }
            }
        }
    }

    /** What this process has given to write calls so far; -1 where nobody counts. */
    private static long bytesWritten() throws IOException {
        Path counters = Path.of("/proc/self/io");
        if (!Files.isReadable(counters)) {
            return -1;
        }
        for (String line : Files.readAllLines(counters)) {
            if (line.startsWith("wchar: ")) {
                return Long.parseLong(line.substring("wchar: ".length()).strip());
            }
        }
        return -1;
    }

    private static String oneLine(EngineFigures figures) {
        StringBuilder line = new StringBuilder();
        for (EngineFigures.Row row : EngineFigures.ROWS) {
            line.append(line.isEmpty() ? "" : "; ")
                    .append(row.name())
                    .append(' ')
                    .append(TextTable.number(row.figure().applyAsDouble(figures)));
        }
        return line.toString();
    }

    private static String table(Map<String, List<EngineFigures>> figures) {
        List<String> names = List.copyOf(figures.keySet());
        TextTable table = new TextTable();
        if (names.size() == 2) {
            table.row("median of the rounds", names.get(0), names.get(1), "ratio");
        } else {
            table.row("median of the rounds", names.get(0));
        }
        for (EngineFigures.Row row : EngineFigures.ROWS) {
            List<double[]> columns = figures.values().stream()
                    .map(rounds -> EngineFigures.column(rounds, row))
                    .toList();
            String first = TextTable.number(Median.of(columns.getFirst()));
            if (columns.size() == 2) {
                table.row(
                        row.name(),
                        first,
                        TextTable.number(Median.of(columns.get(1))),
                        TextTable.number(Median.ofRatios(columns.get(0), columns.get(1))));
            } else {
                table.row(row.name(), first);
            }
        }
        return table.toString();
    }
}
