package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** CLIENT, HELLO, AUTH and their like. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientCommandsTest {
    private TestServer server;

    @BeforeAll
    void start() throws IOException {
        server = new TestServer();
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    private RawClient client() throws IOException {
        return new RawClient(server.port);
    }

    @Test
    void helloSaysWhoTheServerIsInBothProtocols() throws IOException {
        try (RawClient client = client()) {
            String id = client.ask("CLIENT", "ID");
            assertThat(client.ask("HELLO"))
                    .isEqualTo("[$server, $redis, $version, $7.2.4, $proto, :2, $id, " + id
                            + ", $mode, $standalone, $role, $master, $modules, []]");
            assertThat(client.ask("HELLO", "3", "SETNAME", "me")).startsWith("{$server, $redis").contains("$proto, :3");
            assertThat(client.ask("CLIENT", "GETNAME")).isEqualTo("$me");
            assertThat(client.ask("HELLO", "4")).isEqualTo("-NOPROTO unsupported protocol version");
            assertThat(client.ask("HELLO", "x")).isEqualTo("-ERR Protocol version is not an integer or out of range");
            assertThat(client.ask("HELLO", "3", "FOO")).isEqualTo("-ERR Syntax error in HELLO option 'FOO'");
            assertThat(client.ask("RESET")).isEqualTo("+RESET");
            assertThat(client.ask("CLIENT", "GETNAME")).isEqualTo("nil");
        }
    }

    @Test
    void replyModesKeepQuietAsAsked() throws IOException {
        try (RawClient client = client()) {
            client.send("CLIENT REPLY SKIP\r\nECHO no\r\nECHO yes\r\n");
            assertThat(client.reply()).isEqualTo("$yes");
            client.send("CLIENT REPLY OFF\r\nECHO no\r\nGET\r\nCLIENT REPLY ON\r\nECHO yes\r\n");
            assertThat(client.reply()).isEqualTo("+OK");
            assertThat(client.reply()).isEqualTo("$yes");
        }
    }

    @Test
    void killClosesOthersByIdAndAddressAndSparesTheCaller() throws IOException {
        try (RawClient client = client();
                RawClient first = client();
                RawClient second = client()) {
            String id = first.ask("CLIENT", "ID").substring(1);
            assertThat(client.ask("CLIENT", "KILL", "ID", id)).isEqualTo(":1");
            assertThat(first.isClosedByServer()).isTrue();
            second.ask("PING");
            String address = "127.0.0.1:" + second.socket().getLocalPort();
            assertThat(client.ask("CLIENT", "KILL", address)).isEqualTo("+OK");
            assertThat(second.isClosedByServer()).isTrue();
            await().untilAsserted(() -> assertThat(client.ask("CLIENT", "KILL", address)).isEqualTo("-ERR No such client"));
            assertThat(client.ask("CLIENT", "KILL", "TYPE", "PUBSUB")).isEqualTo(":0");
        }
    }

    @Test
    void listShowsNamesAndLibraries() throws IOException {
        try (RawClient client = client()) {
            client.ask("CLIENT", "SETNAME", "tester");
            client.ask("CLIENT", "SETINFO", "LIB-NAME", "raw");
            client.ask("CLIENT", "SETINFO", "LIB-VER", "1.2");
            assertThat(client.ask("CLIENT", "INFO"))
                    .contains("name=tester", "lib-name=raw lib-ver=1.2", "cmd=client|info", "db=0", "user=default");
            String id = client.ask("CLIENT", "ID").substring(1);
            assertThat(client.ask("CLIENT", "LIST", "ID", id)).contains("id=" + id + " ", "name=tester");
            assertThat(client.ask("CLIENT", "SETNAME", "a b"))
                    .isEqualTo("-ERR Client names cannot contain spaces, newlines or special characters.");
            assertThat(client.ask("CLIENT", "MAINT_NOTIFICATIONS", "ON"))
                    .isEqualTo("-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
        }
    }

    @Test
    void pauseHoldsWritesBackAndUnpauseLetsThemRunInOrder() throws IOException {
        try (RawClient client = client();
                RawClient paused = client()) {
            assertThat(client.ask("CLIENT", "PAUSE", "60000", "WRITE")).isEqualTo("+OK");
            paused.send("GET p\r\nSET p 1\r\nGET p\r\n");
            assertThat(paused.reply()).isEqualTo("nil");
            paused.socket().setSoTimeout(150);
            assertThatThrownBy(paused::reply).isInstanceOf(SocketTimeoutException.class);
            paused.socket().setSoTimeout(10_000);
            assertThat(client.ask("CLIENT", "UNPAUSE")).isEqualTo("+OK");
            assertThat(paused.reply()).isEqualTo("+OK");
            assertThat(paused.reply()).isEqualTo("$1");
        }
    }

    @Test
    void pauseEndsByItself() throws IOException {
        try (RawClient client = client()) {
            client.ask("CLIENT", "PAUSE", "200");
            assertThat(client.ask("SET", "q", "1")).isEqualTo("+OK");
        }
    }

    @Test
    void monitorShowsWhatOthersRun() throws IOException {
        try (RawClient monitor = client();
                RawClient client = client()) {
            assertThat(monitor.ask("MONITOR")).isEqualTo("+OK");
            client.ask("SET", "a b", "\"\n");
            assertThat(monitor.reply()).matches("\\+\\d+\\.\\d{6} \\[0 127\\.0\\.0\\.1:\\d+] \"SET\" \"a b\" \"\\\\\"\\\\n\"");
        }
    }

    @Test
    void clusterOfOneOwnsEverySlotAtTheAddressTheClientReached() throws IOException {
        try (RawClient client = client()) {
            String id = client.ask("CLUSTER", "MYID");
            assertThat(client.ask("CLUSTER", "SLOTS"))
                    .isEqualTo("[[:0, :16383, [$127.0.0.1, :" + server.port + ", " + id + ", []]]]");
            assertThat(client.ask("CLUSTER", "KEYSLOT", "foo")).isEqualTo(":12182");
            client.ask("SET", "foo", "1");
            assertThat(client.ask("CLUSTER", "COUNTKEYSINSLOT", "12182")).isEqualTo(":1");
            assertThat(client.ask("CLUSTER", "GETKEYSINSLOT", "12182", "10")).isEqualTo("[$foo]");
            assertThat(client.ask("CLUSTER", "NODES")).contains(" myself,master - 0 0 1 connected 0-16383\n");
            assertThat(client.ask("CLUSTER", "INFO")).contains("cluster_state:ok");
        }
    }

    @Test
    void slowLogKeepsSlowCommandsWithTheirArgumentsCut() throws IOException {
        try (RawClient client = client()) {
            client.ask("SLOWLOG", "RESET");
            client.ask("CONFIG", "SET", "slowlog-log-slower-than", "0");
            client.ask("ECHO", "x".repeat(200));
            client.ask("CONFIG", "SET", "slowlog-log-slower-than", "10000");
            assertThat(client.ask("SLOWLOG", "GET")).contains("[$ECHO, $" + "x".repeat(128) + "... (72 more bytes)]");
            client.ask("SLOWLOG", "RESET");
            assertThat(client.ask("SLOWLOG", "LEN")).isEqualTo(":0");
        }
    }
}
