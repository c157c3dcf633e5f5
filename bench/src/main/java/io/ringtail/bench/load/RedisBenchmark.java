package io.ringtail.bench.load;

import io.ringtail.bench.CpuAffinity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The program {@code redis-benchmark} as a driver: it is not ours, which is its worth. It counts requests, not
 * seconds, so its first run with a load is a guess of how many there will be time for. Confined to one thread; what
 * it starts has ended when it returns.
 */
public final class RedisBenchmark implements Driver {
    private static final long PROBE_REQUESTS = 20_000;
    private static final long LIMIT_SECONDS = 300;

    private final int core;

    /** @param core to run on; negative for any */
    public RedisBenchmark(int core) {
        this.core = core;
    }

    @Override
    public LoadResult run(int[] ports, Load load) throws IOException {
        if (ports.length != 1 || load.replicasAwaited() != 0) {
            throw new IllegalArgumentException("redis-benchmark drives one server, and waits for no replicas");
        }
        int port = ports[0];
        long requests = load.requestsMax();
        if (load.secondsMax() < LIMIT_SECONDS) {
            double rate = once(port, load, Math.min(PROBE_REQUESTS, requests)).requestsPerSecond();
            requests = Math.clamp((long) (rate * load.secondsMax()), 1, requests);
        }
        return once(port, load, requests);
    }

    private LoadResult once(int port, Load load, long requests) throws IOException {
        List<String> command = new ArrayList<>(CpuAffinity.prefix(core));
        command.addAll(List.of(
                "redis-benchmark", "-h", "127.0.0.1", "-p", Integer.toString(port),
                "-t", load.command().name().toLowerCase(Locale.ROOT),
                "-c", Integer.toString(load.clients()),
                "-P", Integer.toString(load.pipeline()),
                "-n", Long.toString(requests),
                "-d", Integer.toString(load.valueBytes()),
                "-r", Integer.toString(load.keys()),
                "--csv"));
        long startNanos = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output;
        try {
            process.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).whenComplete((ended, late) -> {
                if (late != null) {
                    process.destroyForcibly();
                }
            });
            output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while redis-benchmark ran", e);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException("redis-benchmark ended with " + process.exitValue() + " after "
                    + (System.nanoTime() - startNanos) / 1_000_000_000 + " s: " + output.strip());
        }
        return parse(output, load.command(), requests);
    }

    /** Reads its {@code --csv} output: a line of names, then one of figures, all in quotes. */
    static LoadResult parse(String output, Load.Command command, long requests) throws IOException {
        List<String> names = List.of();
        for (String line : output.lines().toList()) {
            List<String> cells = List.of(line.strip().replaceAll("^\"|\"$", "").split("\",\"", -1));
            if (cells.getFirst().equals("test")) {
                names = cells;
            } else if (cells.getFirst().equals(command.name()) && cells.size() == names.size()) {
                double rate = figure(names, cells, "rps");
                return new LoadResult(
                        requests,
                        requests / rate,
                        figure(names, cells, "p50_latency_ms") * 1000,
                        figure(names, cells, "p99_latency_ms") * 1000,
                        0,
                        Double.NaN);
            }
        }
        throw new IOException("redis-benchmark printed no figures for " + command + ": " + output.strip());
    }

    private static double figure(List<String> names, List<String> cells, String name) throws IOException {
        int index = names.indexOf(name);
        if (index < 0) {
            throw new IOException("redis-benchmark printed no " + name + ": " + names);
        }
        try {
            return Double.parseDouble(cells.get(index));
        } catch (NumberFormatException e) {
            throw new IOException("redis-benchmark printed " + cells.get(index) + " for " + name, e);
        }
    }
}
