package io.ringtail.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.ringtail.server.Server;
import io.ringtail.server.command.ClusterView;
import io.ringtail.server.command.DataCommands;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.ConfigurationException;
import io.ringtail.server.config.ConfigurationFile;
import io.ringtail.server.config.Setting;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code ringtail server}: reads the configuration, opens the data, listens, and stays until it is stopped. Its options are made from the
 * table of settings. Confined to the main thread; a signal's thread only asks it to stop.
 */
final class ServerCommand implements Callable<Integer> {
    private final DataSources dataSources;
    private final PrintStream out;
    private final PrintStream err;
    private final CommandSpec spec;
    private volatile int exitCode;

    ServerCommand(DataSources dataSources, PrintStream out, PrintStream err) {
        this.dataSources = dataSources;
        this.out = out;
        this.err = err;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("server").mixinStandardHelpOptions(true);
        spec.usageMessage(new UsageMessageSpec()
                .description("Serves Redis clients until it is stopped by Ctrl-C, SIGTERM or SHUTDOWN.")
                .footer("", "Sizes take a unit: 1k is 1000 bytes, 1kb is 1024; likewise m, mb, g, gb.")
                .width(110)
                .sortOptions(false));
        spec.addOption(OptionSpec.builder("--config")
                .paramLabel("FILE")
                .type(Path.class)
                .description("read settings from this file first, in the manner of redis.conf")
                .build());
        for (Setting setting : Settings.settable()) {
            String shown = setting.defaultText().isEmpty() ? "none" : readable(setting);
            spec.addOption(OptionSpec.builder("--" + setting.name())
                    .paramLabel(setting.type().placeholder())
                    .type(String.class)
                    .description(setting.help() + " (default: " + shown + ")")
                    .build());
        }
    }

    CommandSpec spec() {
        return spec;
    }

    /** The default as an operator would write it. */
    private static String readable(Setting setting) {
        String text = setting.defaultText();
        if (setting.type().placeholder().equals("BYTES")) {
            long bytes = Long.parseLong(text);
            return bytes % (1L << 30) == 0 ? (bytes >> 30) + "gb" : bytes % (1 << 20) == 0 ? (bytes >> 20) + "mb" : text;
        }
        return text;
    }

    @Override
    public Integer call() throws InterruptedException {
        Configuration configuration = new Configuration();
        try {
            configure(configuration, spec.commandLine().getParseResult());
        } catch (ConfigurationException e) {
            return fail(String.valueOf(e.getMessage()));
        }
        logAsConfigured(configuration);
        DataSource data;
        try {
            data = dataSources.open(configuration);
        } catch (IOException | RuntimeException e) {
            return fail(oneLine(e));
        }
        Server server = new Server(configuration, data, DataCommands::register);
        int port;
        try {
            port = server.open();
        } catch (IOException e) {
            close(server);
            return fail(oneLine(e));
        }
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            leave(configuration, data);
                            server.requestStop();
                            if (awaitQuietly(closed, configuration.number(Settings.SHUTDOWN_TIMEOUT) + 5)) {
                                // A stop that was asked for and went well is no failure.
                                Runtime.getRuntime().halt(exitCode);
                            }
                        },
                        "signal"));
        // Whoever has read that it serves may tell it to stop.
        banner(configuration, port);
        server.awaitStop();
        out.println("Stopping.");
        int code = close(server);
        exitCode = code;
        out.println(code == 0 ? "Stopped; everything is on disk." : "Stopped, but not cleanly.");
        out.flush();
        closed.countDown();
        return code;
    }

    /** Hands over what the node owns, if that is wanted. */
    private void leave(Configuration configuration, DataSource data) {
        ClusterView cluster = data.cluster();
        if (!configuration.isYes(Settings.LEAVE_ON_SHUTDOWN) || cluster == null) {
            return;
        }
        out.println("Leaving the cluster; the others take over what this node owns ...");
        out.flush();
        boolean left = false;
        try {
            left = Leaving.leave(cluster, Duration.ofSeconds(configuration.number(Settings.LEAVE_TIMEOUT)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.println(left ? "Left." : "The others have not taken over everything in time: this node stays a member.");
        out.flush();
    }

    private static void configure(Configuration configuration, ParseResult parsed) {
        Path file = parsed.matchedOptionValue("--config", (Path) null);
        if (file != null) {
            ConfigurationFile source = new ConfigurationFile(file);
            source.load(configuration);
            configuration.file(source);
        }
        for (Setting setting : Settings.settable()) {
            String value = parsed.matchedOptionValue("--" + setting.name(), (String) null);
            if (value != null) {
                configuration.start(setting.name(), value);
            }
        }
    }

    private static void logAsConfigured(Configuration configuration) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        String file = configuration.text(Settings.LOGFILE);
        ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        if (!file.isEmpty()) {
            root.detachAndStopAllAppenders();
            root.addAppender(LogFile.appender(context, file));
        }
        configuration.whenChanged(Settings.LOGLEVEL, settings -> root.setLevel(level(settings.text(Settings.LOGLEVEL))));
    }

    private static Level level(String name) {
        return switch (name) {
            case "debug" -> Level.DEBUG;
            case "verbose", "notice" -> Level.INFO;
            case "warning" -> Level.WARN;
            default -> Level.OFF;
        };
    }

    private void banner(Configuration configuration, int port) {
        String address = configuration.words(Settings.BIND).getFirst();
        boolean password = !configuration.text(Settings.REQUIREPASS).isEmpty();
        String sync = switch (configuration.text(Settings.APPENDFSYNC)) {
            case "always" -> "before each reply";
            case "everysec" -> "once a second; a killed process loses nothing, a power cut at most two seconds";
            default -> "when the system pleases; a killed process loses nothing, a power cut may";
        };
        out.println("Ringtail " + Versions.ringtail() + ", a durable key-value store that Redis clients can use.");
        out.println("  listening  " + configuration.text(Settings.BIND) + ", port " + port);
        out.println("  data       " + Path.of(configuration.text(Settings.DATA_DIR)).toAbsolutePath().normalize());
        out.println("  synced     " + sync);
        out.println("  connect    redis-cli" + (address.equals("127.0.0.1") || address.equals("*") ? "" : " -h " + address)
                + (port == 6379 ? "" : " -p " + port) + (password ? " --askpass" : ""));
        out.println("Ready. Ctrl-C stops it.");
        out.flush();
    }

    private int close(Server server) {
        try {
            server.close();
            return 0;
        } catch (IOException | RuntimeException e) {
            return fail(oneLine(e));
        }
    }

    private int fail(String reason) {
        err.println("ringtail: " + reason.replace('\n', ' '));
        err.flush();
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static String oneLine(Throwable failure) {
        @Nullable String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private static boolean awaitQuietly(CountDownLatch latch, long seconds) {
        try {
            if (latch.await(seconds, TimeUnit.SECONDS)) {
                return true;
            }
            LoggerFactory.getLogger(ServerCommand.class).warn("did not stop within {} seconds", seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }
}
