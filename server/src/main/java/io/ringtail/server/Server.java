package io.ringtail.server;

import io.ringtail.server.command.ClusterView;
import io.ringtail.server.command.CommandTable;
import io.ringtail.server.command.ControlCommands;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.Services;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import io.ringtail.server.metrics.LatencyEvents;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.metrics.SlowLog;
import io.ringtail.server.net.Listener;
import io.ringtail.server.session.Pause;
import io.ringtail.server.session.Sessions;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running server: wires configuration, data, commands and sockets together, and takes them apart again in the right order.
 *
 * <p>Made by the command line, or by a test: two of them can share a JVM. {@link #open} and {@link #close} are called by one thread; {@code
 * SHUTDOWN} only asks that thread ({@link #awaitStop}).
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final DataSource data;
    private final Services services;
    private final Listener listener;
    private final CountDownLatch stopAsked = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean flushOnStop;

    /**
     * @param data closed together with the server
     * @param dataCommands registers the commands about keys and values
     */
    public Server(Configuration configuration, DataSource data, Consumer<CommandTable> dataCommands) {
        this.data = data;
        CommandTable table = new CommandTable();
        services = new Services(
                configuration,
                new Sessions(),
                new Pause(),
                new Metrics(),
                new SlowLog(),
                new LatencyEvents(),
                data,
                table,
                clusterId(data.nodeId()),
                this::stop);
        data.metrics(services.metrics());
        dataCommands.accept(table);
        ControlCommands.register(table, services);
        table.freeze();
        followConfiguration(configuration);
        listener = new Listener(services);
    }

    /** A node id as Redis Cluster writes it: 40 hexadecimal digits, of which the last 12 are the node's own. */
    private static String clusterId(long nodeId) {
        return String.format(Locale.ROOT, "%040x", nodeId);
    }

    private void followConfiguration(Configuration configuration) {
        configuration.whenChanged(
                Settings.SLOWLOG_LOG_SLOWER_THAN,
                settings -> services.slowLog().thresholdMicros(settings.number(Settings.SLOWLOG_LOG_SLOWER_THAN)));
        configuration.whenChanged(
                Settings.SLOWLOG_MAX_LEN,
                settings -> services.slowLog().maxSize(settings.integer(Settings.SLOWLOG_MAX_LEN)));
        configuration.whenChanged(
                Settings.LATENCY_MONITOR_THRESHOLD,
                settings -> services.latencyEvents()
                        .thresholdMillis(settings.number(Settings.LATENCY_MONITOR_THRESHOLD)));
        configuration.whenChanged(
                Settings.APPENDFSYNC, settings -> data.syncPolicy(settings.text(Settings.APPENDFSYNC)));
        configuration.whenChanged(Settings.REPAIR_RATE, this::paceRepair);
        configuration.whenChanged(Settings.REPAIR_INTERVAL, this::paceRepair);
    }

    private void paceRepair(Configuration settings) {
        ClusterView cluster = data.cluster();
        if (cluster != null) {
            cluster.node()
                    .antiEntropy()
                    .pace(settings.number(Settings.REPAIR_RATE), settings.number(Settings.REPAIR_INTERVAL) * 1000);
        }
    }

    /**
     * Listens; returns the port.
     *
     * @throws IOException naming the address that cannot be listened on
     */
    public int open() throws IOException {
        int port = listener.open();
        data.start(port);
        listener.serve();
        return port;
    }

    public Services services() {
        return services;
    }

    private void stop(boolean flush) {
        flushOnStop = flush;
        stopAsked.countDown();
    }

    /** Waits until a client has asked for {@code SHUTDOWN}, or {@link #requestStop} was called. */
    public void awaitStop() throws InterruptedException {
        stopAsked.await();
    }

    /** Lets {@link #awaitStop} return. Safe for concurrent use, from a signal's thread too. */
    public void requestStop() {
        stopAsked.countDown();
    }

    /** Ends what is under way, closes the connections, then the data. */
    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            listener.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("interrupted while closing connections");
        }
        if (flushOnStop) {
            data.flush();
        }
        data.close();
    }
}
