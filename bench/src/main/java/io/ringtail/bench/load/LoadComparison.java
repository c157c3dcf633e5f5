package io.ringtail.bench.load;

import io.ringtail.bench.Median;
import io.ringtail.bench.TextTable;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Gives Ringtail and a peer the same loads, in turns, and prints what each did.
 *
 * <p>A round starts each server anew and fills it; then, row by row, each server in turn is warmed up with the row's
 * load and measured, while the other is stopped (SIGSTOP). Who is first changes from round to round. So what is
 * compared ran within seconds of each other, and each round has its own luck with compilers and memory. Confined to
 * one thread, which is the driver's.
 */
public final class LoadComparison {
    private static final int FILL_PIPELINE = 64;
    private static final int WARM_UP_PIPELINE = 16;
    private static final double FILL_LIMIT_SECONDS = 600;

    /**
     * What is asked. Immutable.
     *
     * @param rounds how often
     * @param warmupSeconds under load before each measurement
     * @param seconds of each measurement
     * @param requests of each measurement at most
     * @param rows to measure
     */
    public record Plan(
            int rounds,
            double warmupSeconds,
            double seconds,
            long requests,
            int clients,
            int keys,
            int valueBytes,
            List<LoadRow> rows) {
        /** @throws IllegalArgumentException when something is out of bounds, before anything is started */
        public Plan {
            if (rounds < 1 || rounds > 1000) {
                throw new IllegalArgumentException(rounds + " rounds, must be 1 to 1000");
            }
            for (LoadRow row : rows) {
                load(row, clients, keys, valueBytes, requests, seconds);
            }
        }

        /** The rows of these depths of pipeline which {@code only} names; all when it is empty. */
        public static List<LoadRow> rows(List<Integer> pipelines, List<String> only) {
            return LoadRow.chosen(LoadRow.all(pipelines), only);
        }

        /** The same without the row that syncs before each reply. */
        public static List<LoadRow> rowsWithoutSync(List<Integer> pipelines, List<String> only) {
            List<LoadRow> rows = LoadRow.all(pipelines);
            return LoadRow.chosen(rows.subList(0, rows.size() - 1), only);
        }

        private Load load(LoadRow row) {
            return load(row, clients, keys, valueBytes, requests, seconds);
        }

        private static Load load(LoadRow row, int clients, int keys, int valueBytes, long requests, double seconds) {
            return new Load(
                    row.command(), Load.KeyOrder.RANDOM, clients, row.pipeline(), keys, valueBytes, requests, seconds);
        }
    }

    private final Plan plan;
    private final Driver driver;
    private final PrintWriter out;
    /** Of the systems, in the order of the table. */
    private final List<String> names = new ArrayList<>();
    private final Map<LoadRow, Map<String, List<LoadFigures>>> measured = new LinkedHashMap<>();

    public LoadComparison(Plan plan, Driver driver, PrintWriter out) {
        this.plan = plan;
        this.driver = driver;
        this.out = out;
    }

    /**
     * Runs all rounds with the systems that {@code starters} start, and prints the table; the first is the one that is set in
     * ratio to the others.
     */
    public void run(List<Callable<SystemUnderTest>> starters) throws IOException {
        for (int round = 1; round <= plan.rounds; round++) {
            try (Servers servers = new Servers()) {
                for (Callable<SystemUnderTest> starter : starters) {
                    SystemUnderTest server = servers.start(starter);
                    fill(server);
                    warmUp(server);
                    pauseIfMany(server, starters.size());
                }
                if (names.isEmpty()) {
                    servers.running.forEach(server -> names.add(server.name()));
                }
                round(round, servers.running);
            }
        }
        out.println();
        out.print(table(names, measured));
        out.flush();
    }

    private void fill(SystemUnderTest server) throws IOException {
        Load fill = new Load(
                Load.Command.SET,
                Load.KeyOrder.IN_TURN,
                1,
                FILL_PIPELINE,
                plan.keys,
                plan.valueBytes,
                plan.keys,
                FILL_LIMIT_SECONDS);
        LoadResult filled = new LoadGenerator().run(server.ports(), fill.awaiting(server.replicasAwaited()));
        if (filled.requests() != plan.keys) {
            throw new IOException(server.name() + " took " + filled.requests() + " of " + plan.keys + " keys in "
                    + FILL_LIMIT_SECONDS + " s");
        }
    }

    /** Many requests in little time: what every row uses is compiled before the slow rows get their turn. */
    private void warmUp(SystemUnderTest server) throws IOException {
        if (plan.warmupSeconds <= 0) {
            return;
        }
        for (Load.Command command : LoadRow.COMMANDS) {
            LoadRow row = new LoadRow("warm-up", command, WARM_UP_PIPELINE, "everysec");
            new LoadGenerator().run(server.ports(), plan.load(row).within(Long.MAX_VALUE, plan.warmupSeconds).awaiting(server.replicasAwaited()));
        }
    }

    private void round(int round, List<SystemUnderTest> servers) throws IOException {
        List<SystemUnderTest> order = round % 2 == 1 ? servers : servers.reversed();
        for (LoadRow row : plan.rows) {
            for (SystemUnderTest server : order) {
                resumeIfMany(server, servers.size());
                server.configure("appendfsync", row.fsync());
                LoadFigures figures = measure(server, plan.load(row).awaiting(server.replicasAwaited()));
                server.configure("appendfsync", "everysec");
                pauseIfMany(server, servers.size());
                measured.computeIfAbsent(row, unused -> new LinkedHashMap<>())
                        .computeIfAbsent(server.name(), unused -> new ArrayList<>())
                        .add(figures);
                out.printf(Locale.ROOT, "round %d, %s, %s: %s%n", round, row.name(), server.name(), oneLine(figures));
                out.flush();
            }
        }
    }

    private LoadFigures measure(SystemUnderTest server, Load load) throws IOException {
        if (plan.warmupSeconds > 0) {
            driver.run(server.ports(), load.within(Long.MAX_VALUE, plan.warmupSeconds));
        }
        double cpuBefore = server.cpuSeconds();
        LoadResult result = driver.run(server.ports(), load);
        double cpuSeconds = server.cpuSeconds() - cpuBefore;
        if (result.missing() > 0) {
            throw new IOException(server.name() + " has lost keys: " + result.missing() + " of " + result.requests()
                    + " replies said there is none");
        }
        return new LoadFigures(result, cpuSeconds * 1e6 / result.requests(), server.residentMegabytes());
    }

    private static void pauseIfMany(SystemUnderTest server, int count) throws IOException {
        if (count > 1) {
            server.pause();
        }
    }

    private static void resumeIfMany(SystemUnderTest server, int count) throws IOException {
        if (count > 1) {
            server.resume();
        }
    }

    private static String oneLine(LoadFigures figures) {
        StringBuilder line = new StringBuilder();
        for (LoadFigures.Column column : LoadFigures.COLUMNS) {
            line.append(line.isEmpty() ? "" : "; ")
                    .append(column.name())
                    .append(' ')
                    .append(TextTable.number(column.figure().applyAsDouble(figures)));
        }
        return line.toString();
    }

    /**
     * For each row the median of each system's rounds and the median of the rounds' ratios, first to each other one.
     */
    static String table(List<String> names, Map<LoadRow, Map<String, List<LoadFigures>>> measured) {
        TextTable table = new TextTable();
        List<String> head = new ArrayList<>(List.of("median of the rounds", "server"));
        LoadFigures.COLUMNS.forEach(column -> head.add(column.name()));
        table.row(head.toArray(new String[0]));
        measured.forEach((row, servers) -> {
            String label = row.name();
            for (String name : names) {
                List<LoadFigures> rounds = servers.getOrDefault(name, List.of());
                table.row(cells(label, name, column -> Median.of(column.of(rounds))));
                label = "";
            }
            List<LoadFigures> first = servers.getOrDefault(names.getFirst(), List.of());
            for (String other : names.subList(1, names.size())) {
                List<LoadFigures> second = servers.getOrDefault(other, List.of());
                String title = names.size() == 2 ? "ratio" : "ratio to " + other;
                table.row(cells(label, title, column -> Median.ofRatios(column.of(first), column.of(second))));
            }
        });
        return table.toString();
    }

    private static String[] cells(
            String label, String name, java.util.function.ToDoubleFunction<LoadFigures.Column> figure) {
        List<String> cells = new ArrayList<>(List.of(label, name));
        LoadFigures.COLUMNS.forEach(column -> cells.add(TextTable.number(figure.applyAsDouble(column))));
        return cells.toArray(new String[0]);
    }

    /** The servers of one round; closing closes all of them. */
    private static final class Servers implements Closeable {
        final List<SystemUnderTest> running = new ArrayList<>();

        SystemUnderTest start(Callable<SystemUnderTest> starter) throws IOException {
            try {
                SystemUnderTest server = starter.call();
                running.add(server);
                return server;
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException("a server could not be started", e);
            }
        }

        @Override
        public void close() throws IOException {
            IOException failure = null;
            for (SystemUnderTest server : running) {
                try {
                    server.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }
}
