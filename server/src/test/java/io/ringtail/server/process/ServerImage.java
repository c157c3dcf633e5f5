package io.ringtail.server.process;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What servers of tests are started from: the classes under test in jars, and the JVM's archive of those that a server loads, which it takes from jars only. A start then
 * takes half the time, and tests start hundreds of servers.
 *
 * <p>Made once in a test's JVM, by {@link #get}, in a directory that goes with it. Immutable. Safe for concurrent use.
 */
final class ServerImage {
    private static final Logger LOG = LoggerFactory.getLogger(ServerImage.class);

    private final String classPath;
    private final List<String> jvmOptions;

    private ServerImage(String classPath, List<String> jvmOptions) {
        this.classPath = classPath;
        this.jvmOptions = jvmOptions;
    }

    private static final class Holder {
        private static final ServerImage IMAGE = make();
    }

    static ServerImage get() {
        return Holder.IMAGE;
    }

    String classPath() {
        return classPath;
    }

    /** What makes the JVM use the archive; nothing where it could not be made. */
    List<String> jvmOptions() {
        return jvmOptions;
    }

    private static ServerImage make() {
        try {
            Path directory = Files.createTempDirectory("ringtail-server-image");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            ServerImage bare = new ServerImage(jars(directory), List.of());
            Path archive = directory.resolve("server.jsa");
            List<String> output = bare.train(directory.resolve("data"), archive);
            if (!Files.exists(archive)) {
                LOG.warn("no archive of the server's classes was made, and servers start more slowly: {}", output);
                return bare;
            }
            // It speaks of options that the JDK's own archive was made without, which costs little.
            return new ServerImage(bare.classPath, List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:aot=off"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that serves a little, and writes down what it has loaded as it ends. */
    private List<String> train(Path data, Path archive) throws IOException {
        try (ServerProcess server = ServerProcess.launch(this, List.of("-XX:ArchiveClassesAtExit=" + archive), data)) {
            if (!server.awaitReady()) {
                throw new IOException("the server ended instead of serving: " + server.output());
            }
            try (WireClient wire = new WireClient(server.port())) {
                for (String command : List.of("SET training 1", "GET training", "INCR training", "DEL training", "CLUSTER INFO", "INFO")) {
                    wire.call(command.split(" "));
                }
            }
            server.terminate();
            return server.output();
        }
    }

    /** The class path of this JVM, without the tests, every directory of it as a jar. */
    private static String jars(Path directory) throws IOException {
        List<String> jars = new ArrayList<>();
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (String entry : all.split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isRegularFile(path)) {
                jars.add(entry);
            } else if (Files.isDirectory(path) && !path.endsWith("test-classes")) {
                Path jar = directory.resolve(jars.size() + ".jar");
                pack(path, jar);
                jars.add(jar.toString());
            }
        }
        return String.join(File.pathSeparator, jars);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file);
                Stream<Path> found = Files.walk(classes)) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (Path each : found.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry(classes.relativize(each).toString()));
                Files.copy(each, zip);
            }
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> found = Files.walk(directory)) {
            for (Path each : found.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
