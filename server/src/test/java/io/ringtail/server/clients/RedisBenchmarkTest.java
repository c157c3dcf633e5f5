package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** redis-benchmark, which ends with code 1 at the first error reply. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RedisBenchmarkTest {
    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        Program.assumeInstalled("redis-benchmark", "redis-tools");
        server = ServerProcess.start(data);
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private Program.Result benchmark(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("redis-benchmark", "-p", Integer.toString(server.port())));
        command.addAll(Arrays.asList(arguments));
        return Program.run(new byte[0], command.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-P 16", "--threads 2", "--threads 2 -P 16", "-3", "-k 0"})
    void theTestsOfWhatIsThereRunWithoutAnError(String variant) throws Exception {
        String fixed = "-t ping,set,get,incr,mset -n 2000 -c 50 -d 100 -r 100000 --csv";
        Program.Result result = benchmark((fixed + " " + variant).strip().split(" ", -1));
        assertThat(result.exitCode()).as(result.output()).isZero();
        for (String test : new String[] {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"}) {
            assertThat(result.lines())
                    .anyMatch(line ->
                            line.startsWith("\"" + test + "\",\"") && !line.startsWith("\"" + test + "\",\"0.00\""));
        }
        assertThat(result.output()).doesNotContainIgnoringCase("error").doesNotContain("Could not fetch server CONFIG");
    }

    @Test
    void aCommandOfOnesOwnRuns() throws Exception {
        Program.Result result =
                benchmark("-n", "1000", "-P", "8", "-r", "1000", "-q", "setrange", "range:__rand_int__", "10", "abc");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("requests per second").doesNotContain("Error");
    }

    @Test
    void aRunOfEverythingEndsAtTheFirstCommandThatIsNotThere() throws Exception {
        Program.Result result = benchmark("-n", "200", "-q");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output())
                .contains("PING_INLINE: ", "MBULK: ", "SET: ", "GET: ", "INCR: ")
                .contains("Error from server: ERR unknown command 'LPUSH', with args beginning with: 'mylist' ");
    }
}
