package io.ringtail.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadComparisonTest {
    @Test
    void theTableShowsMediansAndTheMedianOfTheRoundsRatios() {
        LoadRow row = LoadRow.all(List.of(1)).getFirst();
        Map<String, List<LoadFigures>> servers = new LinkedHashMap<>();
        servers.put("Redis", List.of(figures(1000), figures(4000), figures(2000)));
        servers.put("Ringtail", List.of(figures(3000), figures(4000), figures(4000)));
        String table = LoadComparison.table(List.of("Ringtail", "Redis"), Map.of(row, servers));
        assertThat(table.lines().toList())
                .satisfiesExactly(
                        head -> assertThat(head).contains("ops/s", "p50 us", "p99 us", "CPU us/op", "RSS MB"),
                        line -> assertThat(line).matches("set +Ringtail +4,000 .*"),
                        line -> assertThat(line).matches(" +Redis +2,000 .*"),
                        line -> assertThat(line).matches(" +ratio +2.00 .*"));
    }

    @Test
    void rowsAreChosenByName() {
        List<LoadRow> all = LoadRow.all(List.of(1, 16));
        assertThat(all).extracting(LoadRow::name).containsExactly("set", "get", "set-p16", "get-p16", "set-always");
        assertThat(LoadRow.chosen(all, List.of("get-p16")))
                .singleElement()
                .satisfies(row -> assertThat(row.pipeline()).isEqualTo(16));
        assertThatThrownBy(() -> LoadRow.chosen(all, List.of("put")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("put");
    }

    @Test
    void redisBenchmarksFiguresAreRead() throws IOException {
        String output = """
                "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
                "SET","50000.00","0.262","0.080","0.255","0.375","0.519","1.039"
                """;
        LoadResult result = RedisBenchmark.parse(output, Load.Command.SET, 100_000);
        assertThat(result.requestsPerSecond()).isEqualTo(50_000);
        assertThat(result.p50Micros()).isEqualTo(255);
        assertThat(result.p99Micros()).isEqualTo(519);
        assertThatThrownBy(() -> RedisBenchmark.parse(output, Load.Command.GET, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> RedisBenchmark.parse("Could not connect", Load.Command.SET, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Could not connect");
    }

    @Test
    void cpuTimeIsReadBehindANameThatHoldsAnything() {
        String stat = "77 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 12 0 100 200";
        assertThat(ServerUnderTest.cpuSeconds(stat)).isEqualTo(2.0);
    }

    private static LoadFigures figures(long perSecond) {
        return new LoadFigures(new LoadResult(perSecond, 1, 100, 200, 0, 0.5), 5, 60);
    }
}
