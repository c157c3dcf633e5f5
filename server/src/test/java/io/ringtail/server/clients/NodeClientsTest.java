package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ioredis and node-redis, each by a script under {@code src/test/clients-node} that checks the replies and ends with
 * an error when one is not as it should be. The packages are installed once into {@code target/clients-node}, in the
 * versions of the lock file.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NodeClientsTest {
    private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
    private static final Path SOURCES = MODULE.resolve("src/test/clients-node");
    private static final Path INSTALLED = MODULE.resolve("target/clients-node");
    private static final int MIN_NODE_MAJOR = 20;
    private static final String PASSWORD = "correct-horse";

    private ServerProcess server;
    private ServerProcess guarded;

    @BeforeAll
    void start(@TempDir Path data, @TempDir Path guardedData) throws IOException, InterruptedException {
        Program.assumeInstalled("node", "nodejs");
        Program.assumeInstalled("npm", "npm");
        String version = Program.run(new byte[0], "node", "--version").output().strip();
        assumeTrue(
                Integer.parseInt(version.substring(1, version.indexOf('.'))) >= MIN_NODE_MAJOR,
                "node is " + version + ", and node-redis needs v" + MIN_NODE_MAJOR);
        install();
        server = ServerProcess.start(data);
        guarded = ServerProcess.start(guardedData, "--requirepass", PASSWORD);
    }

    @AfterAll
    void stop() {
        for (ServerProcess started : new ServerProcess[] {server, guarded}) {
            if (started != null) {
                started.close();
            }
        }
    }

    /** Installs the packages unless those of this lock file are there already. */
    private static void install() throws IOException, InterruptedException {
        Files.createDirectories(INSTALLED);
        Path lock = SOURCES.resolve("package-lock.json");
        Path done = INSTALLED.resolve("installed-lock.json");
        for (String file :
                new String[] {"package.json", "package-lock.json", ".npmrc", "ioredis.mjs", "node-redis.mjs"}) {
            Files.copy(SOURCES.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (Files.exists(done) && Files.mismatch(lock, done) == -1) {
            return;
        }
        Program.Result result = Program.run(INSTALLED, new byte[0], "npm", "ci", "--prefer-offline", "--no-progress");
        assertThat(result.exitCode()).as(result.output()).isZero();
        Files.copy(lock, done, StandardCopyOption.REPLACE_EXISTING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ioredis.mjs", "node-redis.mjs"})
    void worksWithoutAPassword(String script) throws Exception {
        assertOk(script, Integer.toString(server.port()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ioredis.mjs", "node-redis.mjs"})
    void worksWithAPassword(String script) throws Exception {
        assertOk(script, Integer.toString(guarded.port()), PASSWORD);
    }

    private static void assertOk(String script, String port, String... password) throws Exception {
        Program.Result result = password.length == 0
                ? Program.run(INSTALLED, new byte[0], "node", script, port)
                : Program.run(INSTALLED, new byte[0], "node", script, port, password[0]);
        assertThat(result.output()).endsWith("ok\n");
        assertThat(result.exitCode()).isZero();
    }
}
