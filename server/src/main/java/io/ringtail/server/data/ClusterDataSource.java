package io.ringtail.server.data;

import io.netty.channel.EventLoop;
import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.membership.MembershipSettings;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.node.DataLoop;
import io.ringtail.cluster.node.ForwardHandler;
import io.ringtail.cluster.node.NodeOptions;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreStatistics;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.server.command.ClusterView;
import io.ringtail.server.command.CommandException;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.DataStatistics;
import io.ringtail.server.command.LoopData;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import io.ringtail.server.loop.ControlLoop;
import io.ringtail.server.loop.OffloadPool;
import io.ringtail.server.loop.Sockets;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.peer.LoopLinks;
import io.ringtail.server.peer.PeerFaults;
import io.ringtail.server.peer.PeerMetrics;
import io.ringtail.server.peer.PeerNetwork;
import io.ringtail.server.peer.PeerOptions;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data of one node of a cluster: its store and hints on disk, its links to other nodes, and the {@link ClusterNode} that ties them together. Opened by the command
 * line; closed with the server.
 *
 * <p>Order of a life: {@link #open} opens the files; {@link #openLoop} is called for each event loop; {@link #start} opens the node port and takes up the node's place in its
 * cluster; {@link #leave} ends the links while the loops still run; {@link #close} closes the files.
 */
public final class ClusterDataSource implements DataSource {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterDataSource.class);
    private static final int OFFLOAD_THREADS = 4;
    private static final int CONTROL_ANSWER_SECONDS = 10;

    private final Configuration configuration;
    private final Store store;
    private final HintStore hints;
    private final StoreEvents events;
    private final StoreEvents hintEvents;
    private final OffloadPool pool;
    private final ControlLoop control;
    private final PeerNetwork network;
    private final ClusterNode node;
    private final View view = new View();
    private volatile long lastFlushMillis = System.currentTimeMillis();
    private volatile @Nullable String refusedByCluster;
    private final LoadReport load;

    private ClusterDataSource(
            Configuration configuration,
            StoreOptions options,
            Store store,
            HintStore hints,
            StoreEvents events,
            StoreEvents hintEvents) {
        this.configuration = configuration;
        this.store = store;
        this.hints = hints;
        this.events = events;
        this.hintEvents = hintEvents;
        load = new LoadReport(options.directory());
        Sockets sockets = Sockets.best();
        pool = new OffloadPool(OFFLOAD_THREADS);
        control = new ControlLoop(sockets, pool);
        PeerOptions peerOptions = PeerOptions.of(
                configuration, store.nodeId(), System.currentTimeMillis(), configuration.integer(Settings.PORT));
        network = new PeerNetwork(
                peerOptions, sockets, control.loop(), pool, new PeerFaults(), new PeerMetrics());
        QuorumOptions quorums = new QuorumOptions(
                configuration.integer(Settings.WRITE_TIMEOUT),
                configuration.integer(Settings.READ_TIMEOUT),
                configuration.number(Settings.PENDING_WRITE_BYTES_MAX),
                Set.of());
        node = new ClusterNode(
                new NodeOptions(
                        quorums,
                        GossipOptions.DEFAULT.withPeriodMillis(configuration.number(Settings.GOSSIP_INTERVAL)),
                        RepairOptions.DEFAULT
                                .withPace(
                                        configuration.number(Settings.REPAIR_RATE),
                                        configuration.number(Settings.REPAIR_INTERVAL) * 1000)
                                .withGrace(graceMillis(configuration)),
                        configuration.number(Settings.CLOCK_DRIFT_MAX) * 1000,
                        configuration.number(Settings.STREAM_RATE)),
                new ClusterNode.Place(
                        store,
                        hints,
                        new TopologyFile(options.fileSystem(), options.directory(), store.nodeId()),
                        WallClock.SYSTEM,
                        control.loop(),
                        network.control(),
                        network,
                        new SplittableRandom(),
                        new MembershipEvents(network, this::refusedByCluster),
                        events,
                        this::report));
        network.control().listener(node.controlListener());
        network.control().turnStarter(new ControlTurn(control.loop().eventLoop(), network.control()));
    }

    /**
     * Opens the data directory a configuration names.
     *
     * @throws IOException when the directory cannot be used; the message is one line that names it
     */
    public static ClusterDataSource open(Configuration configuration) throws IOException {
        Path directory = Path.of(configuration.text(Settings.DATA_DIR));
        AtomicInteger threads = new AtomicInteger();
        StoreOptions options = StoreOptions.of(directory)
                .withMemoryLimit(configuration.number(Settings.MEMORY_LIMIT))
                .withSyncPolicy(policy(configuration.text(Settings.APPENDFSYNC)))
                .withCompression(Compression.valueOf(
                        configuration.text(Settings.COMPRESSION).toUpperCase(Locale.ROOT)))
                .withTombstoneRule(TombstoneRule.KEEP)
                .withThreads(task -> {
                    Thread thread = new Thread(task, "store-" + threads.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setUncaughtExceptionHandler(ClusterDataSource::storeThreadDied);
                    return thread;
                });
        HintOptions hintOptions = HintOptions.of(
                configuration.number(Settings.HINT_BYTES_MAX),
                configuration.number(Settings.HINT_AGE_MAX) * 1000,
                configuration.number(Settings.HINT_RATE));
        StoreEvents events = new StoreEvents();
        try {
            // The hints first: they need next to nothing, and on a full disk what the store has to flush may take the rest.
            StoreEvents hintEvents = new StoreEvents();
            HintStore hints = HintStore.open(options, hintOptions, hintEvents);
            try {
                Store store = Store.open(options, events);
                return new ClusterDataSource(configuration, options, store, hints, events, hintEvents);
            } catch (IOException | RuntimeException e) {
                hints.close();
                throw e;
            }
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            throw new IOException("data-dir " + directory + " cannot be used: " + e.getFile() + ": " + reason, e);
        }
    }

    @Override
    public LoopData openLoop(EventLoop loop, Runnable beginTurn, ForwardHandler forwarded) {
        LoopLinks links = network.addLoop(loop);
        DataLoop data = node.dataLoop(links.loop(), links, beginTurn, forwarded);
        links.listener(data);
        links.turnStarter(beginTurn);
        ClusterLoopData loopData = new ClusterLoopData(data, links);
        hintEvents.whenDurable(position -> {
            if (!loop.isShuttingDown()) {
                loop.execute(() -> hintsDurable(loopData, position));
            }
        });
        return loopData;
    }

    private void hintsDurable(ClusterLoopData loopData, long position) {
        if (position == DURABLE_NO_MORE) {
            loopData.hintsDurableNoMore(String.valueOf(hints.store().refusal()));
        } else {
            loopData.hintsDurable(position);
        }
    }

    @Override
    public void start(int clientPort) throws IOException {
        int nodePort = network.open();
        MembershipSettings settings = ClusterSettings.of(configuration, store.nodeId(), clientPort, nodePort);
        CompletableFuture<@Nullable Void> started = new CompletableFuture<>();
        control.loop().execute(() -> {
            try {
                node.start(settings);
                started.complete(null);
            } catch (IOException | RuntimeException e) {
                started.completeExceptionally(e);
            }
        });
        try {
            started.join();
        } catch (CompletionException e) {
            throw new IOException("the node cannot take its place in the cluster: " + e.getCause(), e);
        }
        LOG.info("node {} of cluster '{}' at {}:{} for nodes, {} for clients", settings.self().name(),
                settings.clusterName(), settings.self().host(), nodePort, clientPort);
        load.start(control);
        FirstLinks.await(node);
    }

    /** What commands see of the cluster. */
    private final class View implements ClusterView {
        @Override
        public ClusterNode node() {
            return node;
        }

        @Override
        public PeerFaults faults() {
            return network.faults();
        }

        @Override
        public PeerMetrics traffic() {
            return network.metrics();
        }

        @Override
        public @Nullable String refusal() {
            return refusedByCluster;
        }

        @Override
        public <T> T onControlLoop(Question<T> question) {
            CompletableFuture<T> answered = new CompletableFuture<>();
            control.loop().execute(() -> {
                try {
                    question.ask(answered::complete);
                } catch (RuntimeException e) {
                    answered.completeExceptionally(e);
                }
            });
            try {
                return answered.get(CONTROL_ANSWER_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new CommandException("TIMEOUT the outcome is unknown: the cluster did not answer within "
                        + CONTROL_ANSWER_SECONDS + " seconds");
            } catch (ExecutionException e) {
                throw new CommandException("ERR " + e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandException("ERR the server is stopping");
            }
        }
    }

    /** What this node says of itself to others, a few times a second. */
    private SelfReport report() {
        return load.of(node, store.statistics(), hints::count, store.refusal() != null);
    }

    @Override
    public void metrics(Metrics counted) {
        load.metrics(counted);
    }

    private void refusedByCluster(String reason) {
        refusedByCluster = reason;
    }

    @Override
    public ClusterView cluster() {
        return view;
    }

    @Override
    public void leave(long timeoutMillis) {
        load.stop();
        control.loop().eventLoop().submit(node::stop).awaitUninterruptibly(timeoutMillis, TimeUnit.MILLISECONDS);
        network.close(timeoutMillis);
        control.close(timeoutMillis);
        try {
            pool.close(timeoutMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without its threads a store takes writes that it never syncs or flushes. A restart recovers what was acknowledged. */
    private static void storeThreadDied(Thread thread, Throwable cause) {
        try {
            LOG.error("{} died, and the process ends with it", thread.getName(), cause);
        } finally {
            Runtime.getRuntime().halt(70);
        }
    }

    /** Longer than a write may be under way, so that a hint of it is never too late for the books. */
    private static long graceMillis(Configuration configuration) {
        return Math.max(
                configuration.number(Settings.TOMBSTONE_GRACE) * 1000, 2 * configuration.number(Settings.WRITE_TIMEOUT));
    }

    private static SyncPolicy policy(String name) {
        return SyncPolicy.valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public DataSession session(boolean mayBlock) {
        if (!mayBlock) {
            throw new IllegalStateException("event loops have sessions of their own");
        }
        return node.waitingSession();
    }

    @Override
    public void whenDurable(LongConsumer listener) {
        events.whenDurable(listener);
    }

    @Override
    public @Nullable String writeRefusal() {
        return store.refusal();
    }

    @Override
    public void syncPolicy(String policy) {
        store.syncPolicy(policy(policy));
        hints.store().syncPolicy(policy(policy));
    }

    @Override
    public void flush() throws IOException {
        store.flush();
        lastFlushMillis = System.currentTimeMillis();
    }

    @Override
    public void sync() throws IOException {
        store.append();
        store.awaitDurable();
    }

    @Override
    public long nodeId() {
        return store.nodeId();
    }

    @Override
    public long lastFlushMillis() {
        return lastFlushMillis;
    }

    @Override
    public DataStatistics statistics() {
        StoreStatistics counted = store.statistics();
        return new DataStatistics(
                node.local().readHits(),
                node.local().readMisses(),
                counted.memtableBytes(),
                counted.memtableEntries(),
                counted.cacheBytes(),
                counted.cacheHits(),
                counted.cacheMisses(),
                counted.lookupBytes(),
                counted.tableCount(),
                counted.tableBytes(),
                counted.logBytes(),
                counted.logSyncs(),
                counted.lastSyncNanos() / 1000,
                counted.syncLagMillis(),
                counted.logBytesWritten() + counted.flushBytesWritten() + counted.compactionBytesWritten(),
                counted.flushes(),
                counted.compactions(),
                counted.flushRunning(),
                counted.compactionRunning());
    }

    @Override
    public long keys(int database) {
        return node.local().estimateKeys(database);
    }

    @Override
    public long keysWithExpiry(int database) {
        return node.local().estimateExpiringKeys(database);
    }

    @Override
    public void close() throws IOException {
        try {
            hints.close();
        } finally {
            store.close();
        }
    }
}
