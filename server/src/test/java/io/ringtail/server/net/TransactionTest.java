package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** MULTI, EXEC, WATCH. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionTest {
    private TestServer server;

    @BeforeAll
    void start() throws IOException {
        server = new TestServer();
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    @BeforeEach
    void empty() throws IOException {
        try (RawClient client = client()) {
            client.ask("FLUSHALL");
        }
    }

    private RawClient client() throws IOException {
        return new RawClient(server.port);
    }

    @Test
    void queuedCommandsRunAtExec() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("MULTI")).isEqualTo("+OK");
            assertThat(client.ask("SET", "a", "1")).isEqualTo("+QUEUED");
            assertThat(client.ask("INCR", "a")).isEqualTo("+QUEUED");
            assertThat(client.ask("SELECT", "1")).isEqualTo("+QUEUED");
            assertThat(client.ask("GET", "a")).isEqualTo("+QUEUED");
            try (RawClient other = client()) {
                assertThat(other.ask("GET", "a")).isEqualTo("nil");
            }
            assertThat(client.ask("EXEC")).isEqualTo("[+OK, :2, +OK, nil]");
            assertThat(client.ask("EXEC")).isEqualTo("-ERR EXEC without MULTI");
        }
    }

    @Test
    void errorWhileQueueingAbortsAndErrorWhileRunningDoesNot() throws IOException {
        try (RawClient client = client()) {
            client.ask("MULTI");
            client.ask("SET", "a", "x");
            assertThat(client.ask("NOPE")).startsWith("-ERR unknown command");
            assertThat(client.ask("EXEC")).isEqualTo("-EXECABORT Transaction discarded because of previous errors.");
            client.ask("MULTI");
            client.ask("SET", "a", "x");
            client.ask("INCR", "a");
            client.ask("GET", "a");
            assertThat(client.ask("EXEC")).isEqualTo("[+OK, -ERR value is not an integer or out of range, $x]");
        }
    }

    @Test
    void nestingWatchingInsideAndDiscardWithoutAreRefused() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("DISCARD")).isEqualTo("-ERR DISCARD without MULTI");
            client.ask("MULTI");
            assertThat(client.ask("MULTI")).isEqualTo("-ERR MULTI calls can not be nested");
            assertThat(client.ask("WATCH", "a")).isEqualTo("-ERR WATCH inside MULTI is not allowed");
            assertThat(client.ask("DISCARD")).isEqualTo("+OK");
        }
    }

    @Test
    void watchedKeyThatChangedStopsExec() throws IOException {
        for (String[] change : new String[][] {
            {"SET", "w", "1"}, {"DEL", "w"}, {"EXPIRE", "w", "100"}, {"FLUSHALL"}, {"APPEND", "w", "x"}
        }) {
            try (RawClient client = client();
                    RawClient other = client()) {
                other.ask("SET", "w", "1");
                client.ask("WATCH", "w");
                other.ask(change);
                client.ask("MULTI");
                client.ask("SET", "done", "1");
                assertThat(client.ask("EXEC")).as(String.join(" ", change)).isEqualTo("nil");
                client.ask("MULTI");
                client.ask("GET", "w");
                assertThat(client.ask("EXEC")).as("the watch is over").startsWith("[");
            }
        }
    }

    @Test
    void watchedKeyThatDidNotChangeLetsExecRun() throws IOException {
        try (RawClient client = client()) {
            client.ask("SET", "w", "1");
            client.ask("WATCH", "w", "absent");
            client.ask("MULTI");
            client.ask("GET", "w");
            assertThat(client.ask("EXEC")).isEqualTo("[$1]");
            client.ask("WATCH", "w");
            client.ask("SET", "w", "2");
            client.ask("UNWATCH");
            client.ask("MULTI");
            client.ask("GET", "w");
            assertThat(client.ask("EXEC")).isEqualTo("[$2]");
        }
    }

    @Test
    void coldKeysSendTheWholeTransactionToAWorkerOnce() throws IOException {
        try (RawClient client = client()) {
            client.ask("SET", "n", "0");
            client.ask("SET", "cold", "5");
            server.data.coldPrefix = "cold";
            client.send("MULTI\r\nINCR n\r\nINCR cold\r\nGET n\r\nEXEC\r\nGET n\r\n");
            for (int i = 0; i < 4; i++) {
                client.reply();
            }
            assertThat(client.reply()).isEqualTo("[:1, :6, $1]");
            assertThat(client.reply()).isEqualTo("$1");
        } finally {
            server.data.coldPrefix = "";
        }
    }

    @Test
    void readThatTurnsColdAfterAWriteWaitsWithoutLettingAnybodyInBetweenOrRunningTheWriteTwice() throws IOException {
        try (RawClient client = client()) {
            client.ask("SET", "n", "0");
            client.ask("SET", "cold", "5");
            server.data.coldAfterReads("cold", 1);
            client.send("MULTI\r\nINCR n\r\nINCR cold\r\nGET n\r\nEXEC\r\nGET n\r\n");
            for (int i = 0; i < 4; i++) {
                client.reply();
            }
            assertThat(client.reply()).isEqualTo("[:1, :6, $1]");
            assertThat(client.reply()).isEqualTo("$1");
        } finally {
            server.data.coldPrefix = "";
        }
    }
}
