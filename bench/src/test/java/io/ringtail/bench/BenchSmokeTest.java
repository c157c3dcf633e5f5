package io.ringtail.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;

/** Each benchmark once, too small to say anything about speed: that they run, and find what they wrote. */
class BenchSmokeTest {
    @Test
    void theEngineIsComparedWithRocksDb() {
        Run run = bench(
                "engine", "--keys", "20000", "--reads", "5000", "--warmup-keys", "0", "--rounds", "1", "--core", "-1",
                "--write-buffer", "1");
        assertThat(run.code).as(run.output).isZero();
        assertThat(run.output).contains("round 1, Ringtail", "round 1, RocksDB", "random reads/s");
    }

    @Test
    void aServerIsDriven() {
        Run run = bench(
                "--rounds", "1", "--seconds", "0.3", "--warmup-seconds", "0.1", "--keys", "5000", "--clients", "5",
                "--only", "set,get-p16", "--peer", "none", "--server-core", "-1", "--driver-core", "-1",
                "--memory-limit", "64");
        assertThat(run.code).as(run.output).isZero();
        assertThat(run.output)
                .containsPattern("(?m)^set +Ringtail +[0-9]")
                .containsPattern("(?m)^get-p16 +Ringtail +[0-9]");
    }

    @Test
    void aClusterIsDriven() {
        Run run = bench(
                "cluster", "--rounds", "1", "--seconds", "0.3", "--warmup-seconds", "0.1", "--keys", "2000", "--clients", "5",
                "--only", "set-p16,get", "--systems", "cluster,redis", "--spread", "--server-core", "-1", "--driver-core", "-1",
                "--memory-limit", "64");
        assertThat(run.code).as(run.output).isZero();
        assertThat(run.output)
                .containsPattern("(?m)^set-p16 +Ringtail x3 +[0-9]")
                .containsPattern("(?m)^get +Ringtail x3 +[0-9]");
    }

    @Test
    void aWrongRowIsSaidInOneLine() {
        Run run = bench("--only", "nonsense");
        assertThat(run.code).isEqualTo(2);
        assertThat(run.output).contains("nonsense", "set-always");
    }

    @Test
    void everyMicroBenchmarkRuns() throws Exception {
        System.setProperty("jmh.ignoreLock", "true");
        var results = new Runner(new OptionsBuilder()
                        .include("io\\.ringtail\\.bench\\.micro\\.")
                        .param("entries", "2000")
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(10))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        assertThat(results).hasSize(18).allSatisfy(result -> assertThat(
                        result.getPrimaryResult().getScore())
                .isPositive());
    }

    private record Run(int code, String output) {}

    private static Run bench(String... arguments) {
        StringWriter output = new StringWriter();
        PrintWriter writer = new PrintWriter(output);
        int code = new CommandLine(new BenchCommand())
                .setOut(writer)
                .setErr(writer)
                .execute(arguments);
        return new Run(code, output.toString());
    }
}
