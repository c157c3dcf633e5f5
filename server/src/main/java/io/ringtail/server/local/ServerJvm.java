package io.ringtail.server.local;

import io.ringtail.server.config.Settings;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command that runs a server as this program runs: same Java, same class path, same options of the JVM but for how much memory it takes. */
final class ServerJvm {
    private static final long MIB = 1 << 20;

    /** A terminal's Ctrl-C and its end are not for the nodes. */
    private static final Path SETSID = Path.of("/usr/bin/setsid");

    private ServerJvm() {}

    /** @param memoryLimit as the option {@code --memory-limit} takes it */
    static List<String> command(String memoryLimit, List<String> serverOptions) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(SETSID)) {
            command.add(SETSID.toString());
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!isOfThisProcess(option)) {
                command.add(option);
            }
        }
        long limitMegabytes = Long.parseLong(Settings.MEMORY_LIMIT.parse(memoryLimit)) / MIB;
        // As ./ringtail has it: half of the limit for block cache and requests, and a constant; off the heap all of it, and some.
        command.addAll(List.of(
                "-Xms64m",
                "-Xmx" + (limitMegabytes / 2 + 192) + "m",
                "-XX:MaxDirectMemorySize=" + (limitMegabytes + 256) + "m",
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.ringtail.server.cli.Main", "server"));
        command.addAll(serverOptions);
        return command;
    }

    /** Memory is each server's own; debuggers and coverage are for whoever started this. */
    private static boolean isOfThisProcess(String option) {
        return option.startsWith("-Xm")
                || option.startsWith("-XX:MaxDirectMemorySize")
                || option.startsWith("-javaagent")
                || option.startsWith("-agent")
                || option.startsWith("-D");
    }
}
