package io.ringtail.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
    private final LoadGenerator generator = new LoadGenerator();

    @Test
    void asManyRequestsAreSentAndCountedAsWereAskedFor() throws IOException {
        try (StubServer server = new StubServer(0, number -> "+OK\r\n")) {
            LoadResult result = generator.run(new int[] {server.port()}, load(Load.Command.SET, 3, 7, 1000, 60));
            assertThat(result.requests()).isEqualTo(1000);
            assertThat(server.requests()).isEqualTo(1000);
            assertThat(result.missing()).isZero();
            assertThat(result.p99Micros()).isGreaterThanOrEqualTo(result.p50Micros()).isPositive();
        }
    }

    @Test
    void keysThatAreNotThereAreCounted() throws IOException {
        String value = "$100\r\n" + "v".repeat(100) + "\r\n";
        try (StubServer server = new StubServer(0, number -> number % 4 == 0 ? "$-1\r\n" : value)) {
            LoadResult result = generator.run(new int[] {server.port()}, load(Load.Command.GET, 2, 16, 400, 60));
            assertThat(result.requests()).isEqualTo(400);
            assertThat(result.missing()).isEqualTo(100);
        }
    }

    @Test
    void latencyIsTheTimeFromSendingToReading() throws IOException {
        try (StubServer server = new StubServer(20_000_000, number -> "+OK\r\n")) {
            LoadResult result = generator.run(new int[] {server.port()}, load(Load.Command.SET, 4, 1, 20, 60));
            assertThat(result.p50Micros()).isGreaterThanOrEqualTo(19_900);
            // Five after another on each of four connections.
            assertThat(result.seconds()).isGreaterThanOrEqualTo(0.099);
        }
    }

    @Test
    void nothingIsSentWhenTheTimeIsUp() throws IOException {
        try (StubServer server = new StubServer(1_000_000, number -> "+OK\r\n")) {
            LoadResult result = generator.run(new int[] {server.port()}, load(Load.Command.SET, 2, 1, Long.MAX_VALUE, 0.2));
            assertThat(result.requests()).isEqualTo(server.requests()).isPositive();
            assertThat(result.seconds()).isGreaterThan(0.1);
        }
    }

    @Test
    void anErrorReplyEndsTheLoad() throws IOException {
        try (StubServer server = new StubServer(0, number -> number == 50 ? "-ERR no room\r\n" : "+OK\r\n")) {
            assertThatThrownBy(() -> generator.run(new int[] {server.port()}, load(Load.Command.SET, 2, 4, 1000, 60)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no room");
        }
    }

    @Test
    void aConnectionThatIsClosedEndsTheLoad() throws IOException {
        try (StubServer server = new StubServer(0, number -> number == 50 ? null : "+OK\r\n")) {
            assertThatThrownBy(() -> generator.run(new int[] {server.port()}, load(Load.Command.SET, 1, 1, 1000, 60)))
                    .isInstanceOf(IOException.class);
        }
    }

    private static Load load(Load.Command command, int clients, int pipeline, long requests, double seconds) {
        return new Load(command, Load.KeyOrder.RANDOM, clients, pipeline, 100, 100, requests, seconds);
    }
}
