package io.ringtail.server.cli;

import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.tool.OfflineStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ringtail log}, {@code ringtail sstable} and {@code ringtail check}: an operator's tools for the files of a server that is not running. */
final class StorageCommands {
    private StorageCommands() {}

    /** Does something to files; what fails is said in one line. */
    @FunctionalInterface
    private interface Work {
        int run(PrintStream out) throws IOException;
    }

    private static int attempt(Work work) {
        try {
            return work.run(System.out);
        } catch (IOException e) {
            System.err.println("ringtail: " + e.getMessage());
            return 1;
        } finally {
            System.out.flush();
        }
    }

    private static OfflineStore store(Path directory) {
        return new OfflineStore(new LocalFileSystem(), directory);
    }

    @Command(name = "dump", mixinStandardHelpOptions = true, description = "Prints the frames of a commit log.")
    static final class LogDump implements Callable<Integer> {
        @Option(names = "--data-dir", defaultValue = "./data", paramLabel = "DIR", description = "default: ${DEFAULT-VALUE}")
        Path directory = Path.of("data");

        @Option(names = "--entries", description = "print every entry too")
        boolean entries;

        @Override
        public Integer call() {
            return attempt(out -> {
                store(directory).dumpLog(entries, out);
                return 0;
            });
        }
    }

    @Command(
            name = "repair",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a damaged commit log usable again: saves every whole frame and sets damaged files aside as *.damaged.",
                "What a damaged frame held is lost; the server never does this by itself."
            })
    static final class LogRepair implements Callable<Integer> {
        @Option(names = "--data-dir", defaultValue = "./data", paramLabel = "DIR", description = "default: ${DEFAULT-VALUE}")
        Path directory = Path.of("data");

        @Option(names = "--dry-run", description = "only say what would be done")
        boolean dryRun;

        @Override
        public Integer call() {
            return attempt(out -> {
                var report = store(directory).repairLog(dryRun);
                report.damages().forEach(out::println);
                out.println((dryRun ? "would save " : "saved ") + report.savedFrames() + " frames with "
                        + report.savedEntries() + " entries; " + report.lostBytes() + " bytes are lost");
                return 0;
            });
        }
    }

    @Command(
            name = "log",
            mixinStandardHelpOptions = true,
            description = "Looks into the commit log, or repairs it.",
            subcommands = {LogDump.class, LogRepair.class})
    static final class Log {}

    @Command(name = "dump", mixinStandardHelpOptions = true, description = "Prints what a table says of itself.")
    static final class SstableDumpCommand implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "a table, as in data/tables/000000000001.sst")
        Path file = Path.of("");

        @Option(names = "--entries", description = "print every entry too")
        boolean entries;

        @Override
        public Integer call() {
            return attempt(out -> {
                store(file).dumpTable(file, entries, out);
                return 0;
            });
        }
    }

    @Command(
            name = "sstable",
            mixinStandardHelpOptions = true,
            description = "Looks into tables.",
            subcommands = SstableDumpCommand.class)
    static final class Tables {}

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Reads every byte of a data directory and compares it with its checksums; exits with 1 when something is damaged.")
    static final class Check implements Callable<Integer> {
        @Option(names = "--data-dir", defaultValue = "./data", paramLabel = "DIR", description = "default: ${DEFAULT-VALUE}")
        Path directory = Path.of("data");

        @Override
        public Integer call() {
            return attempt(out -> {
                List<String> damages = store(directory).check(out);
                damages.forEach(damage -> out.println("damaged: " + damage));
                out.println(damages.isEmpty() ? "everything is well" : damages.size() + " places are damaged");
                return damages.isEmpty() ? 0 : 1;
            });
        }
    }
}
