package io.ringtail.server.cli;

import io.netty.util.ResourceLeakDetector;
import io.ringtail.server.data.ClusterDataSource;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The command line {@code ringtail}. Which data the server opens, and which other commands there are, is said where {@link #run} is called:
 * a test or a program with more commands brings its own.
 */
public final class Main {
    private Main() {}

    /** The program, with data on this machine. */
    public static void main(String[] arguments) {
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            // Netty samples one buffer in 128 and takes a stack trace for it: what leaks is for tests to find, where servers run within the test's process.
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
        System.exit(run(ClusterDataSource::open, Map.of(), arguments));
    }

    /**
     * Runs one command line and returns the exit code: 0, or 1 when it failed, or 2 when it was not understood.
     *
     * @param others further commands by name: objects with picocli's annotations
     */
    public static int run(DataSources dataSources, Map<String, Object> others, String... arguments) {
        CommandSpec root = CommandSpec.create()
                .name("ringtail")
                .mixinStandardHelpOptions(true)
                .versionProvider(new Versions())
                .usageMessage(new UsageMessageSpec()
                        .description("Ringtail, a durable key-value store that Redis clients can use.")
                        .footer("", "'ringtail COMMAND --help' explains a command.", "'ringtail test' runs all tests.")
                        .width(100));
        root.addSubcommand("server", new ServerCommand(dataSources, System.out, System.err).spec());
        CommandLine line = new CommandLine(root);
        line.addSubcommand("cluster", new LocalClusterCommands.All());
        line.addSubcommand("log", new StorageCommands.Log());
        line.addSubcommand("sstable", new StorageCommands.Tables());
        line.addSubcommand("check", new StorageCommands.Check());
        new TreeMap<>(others).forEach(line::addSubcommand);
        line.setExecutionStrategy(new CommandLine.RunLast());
        // What is wrong with an option is said in one line, as what is wrong in the configuration file is.
        line.setParameterExceptionHandler((wrong, unused) -> {
            System.err.println("ringtail: " + String.valueOf(wrong.getMessage()).replace('\n', ' '));
            return 1;
        });
        if (arguments.length == 0) {
            line.usage(System.out);
            return 0;
        }
        return line.execute(arguments);
    }
}
