package io.ringtail.server.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of all settings. Everything that knows a setting by name reads it: the file, the command line, {@code CONFIG}, the
 * help. Immutable once the class is initialised.
 */
public final class Settings {
    private static final Map<String, Setting> BY_NAME = new LinkedHashMap<>();
    private static final long GIB = 1L << 30;

    public static final Setting PORT = fixedAtStart(
            "port", SettingType.number(0, 65535, "PORT"), "6379", "TCP port to listen on; 0 takes any free one");
    public static final Setting BIND = fixedAtStart(
            "bind", SettingType.words("ADDRESS ...", 16), "127.0.0.1", "addresses to listen on; * is every one");
    public static final Setting DATA_DIR =
            fixedAtStart("data-dir", SettingType.text("DIRECTORY"), "./data", "where the data are kept");
    public static final Setting APPENDFSYNC = changeable(
            "appendfsync",
            SettingType.oneOf("always", "everysec", "no"),
            "everysec",
            "when a write is synced to disk: before its reply, once a second, or when the system pleases");
    public static final Setting MEMORY_LIMIT = fixedAtStart(
            "memory-limit",
            SettingType.bytes(64L << 20, Long.MAX_VALUE),
            Long.toString(defaultMemoryLimit()),
            "memory for memtables and caches; default a quarter of the machine's, at least 256mb");
    public static final Setting DATABASES = fixedAtStart(
            "databases", SettingType.number(1, 256, "COUNT"), "16", "how many databases SELECT knows");
    public static final Setting MAXCLIENTS = changeable(
            "maxclients", SettingType.number(1, 1_000_000, "COUNT"), "10000", "connections served at one time");
    public static final Setting TIMEOUT = changeable(
            "timeout",
            SettingType.number(0, Integer.MAX_VALUE, "SECONDS"),
            "0",
            "close a client idle for so long; 0 is never");
    public static final Setting TCP_KEEPALIVE = changeable(
            "tcp-keepalive",
            SettingType.number(0, Integer.MAX_VALUE, "SECONDS"),
            "300",
            "probe an idle peer after so long; 0 is never");
    public static final Setting TCP_BACKLOG = fixedAtStart(
            "tcp-backlog", SettingType.number(1, 65535, "COUNT"), "511", "connections that wait to be accepted");
    public static final Setting REQUIREPASS =
            changeable("requirepass", SettingType.text("PASSWORD"), "", "what AUTH must say; empty asks for none");
    public static final Setting PROTECTED_MODE = changeable(
            "protected-mode",
            SettingType.yesNo(),
            "yes",
            "without a password, serve nobody but this machine");
    public static final Setting PROTO_MAX_BULK_LEN = changeable(
            "proto-max-bulk-len",
            SettingType.bytes(1 << 20, 1 << 30),
            Long.toString(512L << 20),
            "bytes of one argument");
    public static final Setting CLIENT_QUERY_BUFFER_LIMIT = changeable(
            "client-query-buffer-limit",
            SettingType.bytes(1 << 20, Long.MAX_VALUE),
            Long.toString(GIB),
            "bytes kept of one client's unfinished requests");
    public static final Setting CLIENT_OUTPUT_BUFFER_LIMIT = changeable(
            "client-output-buffer-limit",
            SettingType.outputLimits(),
            "normal " + (256L << 20) + " 0 0 slave " + (256L << 20) + " " + (64L << 20) + " 60 pubsub " + (32L << 20)
                    + " " + (8L << 20) + " 60",
            "bytes of replies a client may leave unread, by class, before it is closed");
    public static final Setting IO_THREADS = fixedAtStart(
            "io-threads", SettingType.number(1, 128, "COUNT"), "1", "event loops that serve connections");
    public static final Setting WORKER_THREADS = fixedAtStart(
            "worker-threads",
            SettingType.number(1, 256, "COUNT"),
            "4",
            "threads for commands that wait for the disk or take long");
    public static final Setting COMPRESSION = fixedAtStart(
            "compression", SettingType.oneOf("none", "lz4", "zstd"), "lz4", "how blocks on disk are compressed");
    public static final Setting LOGLEVEL = changeable(
            "loglevel",
            SettingType.oneOf("debug", "verbose", "notice", "warning", "nothing"),
            "notice",
            "how much is logged");
    public static final Setting LOGFILE =
            fixedAtStart("logfile", SettingType.text("FILE"), "", "where the log goes; empty is standard output");
    public static final Setting SLOWLOG_LOG_SLOWER_THAN = changeable(
            "slowlog-log-slower-than",
            SettingType.number(-1, Long.MAX_VALUE / 1000, "MICROSECONDS"),
            "10000",
            "commands slower than this are kept in SLOWLOG; negative is none, 0 is all");
    public static final Setting SLOWLOG_MAX_LEN = changeable(
            "slowlog-max-len", SettingType.number(0, 1_000_000, "COUNT"), "128", "entries SLOWLOG keeps");
    public static final Setting LATENCY_MONITOR_THRESHOLD = changeable(
            "latency-monitor-threshold",
            SettingType.number(0, Integer.MAX_VALUE, "MILLISECONDS"),
            "0",
            "events slower than this are kept in LATENCY; 0 is none");
    public static final Setting SHUTDOWN_TIMEOUT = changeable(
            "shutdown-timeout",
            SettingType.number(0, 3600, "SECONDS"),
            "10",
            "how long a stop waits for what is under way");

    public static final Setting LEAVE_ON_SHUTDOWN = changeable(
            "leave-on-shutdown",
            SettingType.yesNo(),
            "no",
            "whether a node that is told to stop (SIGTERM, Ctrl-C) first hands over what it owns and leaves the cluster");
    public static final Setting LEAVE_TIMEOUT = changeable(
            "leave-timeout",
            SettingType.number(1, Integer.MAX_VALUE, "SECONDS"),
            "3600",
            "how long that may take; then it stops as it is");

    // The other nodes of the cluster.
    public static final Setting CLUSTER_NAME = fixedAtStart(
            "cluster-name",
            SettingType.name("NAME", 255),
            "ringtail",
            "nodes of another cluster name are refused");
    public static final Setting CLUSTER_SECRET = add(new Setting(
            "cluster-secret",
            SettingType.text("SECRET"),
            "",
            false,
            true,
            "what nodes prove to each other that they know; empty asks for none"));
    public static final Setting NODE_PORT = fixedAtStart(
            "node-port",
            SettingType.numberOrAuto(0, 65535, "PORT"),
            "auto",
            "TCP port for other nodes: 10000 above port (below, where that is too high) unless given; 0 takes any free one");
    public static final Setting NODE_BIND = fixedAtStart(
            "node-bind",
            SettingType.text("ADDRESS ..."),
            "",
            "addresses to listen on for other nodes; empty is those of bind");
    public static final Setting JOIN = fixedAtStart(
            "join",
            SettingType.text("HOST:PORT[,HOST:PORT]"),
            "",
            "members of the cluster to join, with their node ports; empty begins a cluster of its own");
    public static final Setting ANNOUNCE_ADDRESS = fixedAtStart(
            "announce-address",
            SettingType.name("HOST", 255),
            "auto",
            "where clients and other nodes reach this one; auto is the first of bind, or this machine's first address");
    public static final Setting RACK =
            fixedAtStart("rack", SettingType.text("NAME"), "", "what fails together with this node: replicas are spread over racks");
    public static final Setting DATACENTER = fixedAtStart(
            "datacenter", SettingType.text("NAME"), "", "what is near to this node: keyspaces may have so many replicas in each data center");
    public static final Setting WEIGHT = fixedAtStart(
            "weight", SettingType.number(1, 1000, "NUMBER"), "1", "this node's share of the data, relative to other nodes'");
    public static final Setting PARTITIONS = fixedAtStart(
            "partitions",
            SettingType.number(1, 16384, "COUNT"),
            "1024",
            "pieces the ring is cut into, a power of two; the cluster's first node decides");
    public static final Setting REPLICATION_FACTOR = fixedAtStart(
            "replication-factor",
            SettingType.numberOrNumbers(1, 15, "COUNT"),
            "3",
            "replicas of each key, as far as there are nodes, in all or in each data center; the cluster's first node decides");
    public static final Setting READ_CONSISTENCY = fixedAtStart(
            "read-consistency",
            SettingType.name("LEVEL", 32),
            "QUORUM",
            "how many replicas a read asks: ONE TWO THREE QUORUM ALL or a number; the cluster's first node decides");
    public static final Setting WRITE_CONSISTENCY = fixedAtStart(
            "write-consistency",
            SettingType.name("LEVEL", 32),
            "QUORUM",
            "how many replicas must have a write before it is answered; the cluster's first node decides");
    public static final Setting QUORUM = fixedAtStart(
            "quorum",
            SettingType.oneOf("strict", "sloppy"),
            "strict",
            "strict refuses what it cannot do at a true quorum; sloppy lets healthy nodes stand in; the cluster's first node decides");
    public static final Setting KEYSPACE = fixedAtStart(
            "keyspace",
            SettingType.text("PREFIX NAME VALUE ..."),
            "",
            "for keys of a prefix: replication-factor, quorum, read-consistency, write-consistency; several times, or separated by semicolons");
    public static final Setting READ_TIMEOUT = fixedAtStart(
            "read-timeout",
            SettingType.number(10, 600_000, "MILLISECONDS"),
            "2000",
            "how long a read waits for replicas");
    public static final Setting WRITE_TIMEOUT = fixedAtStart(
            "write-timeout",
            SettingType.number(10, 600_000, "MILLISECONDS"),
            "2000",
            "how long a write waits for replicas");
    public static final Setting PENDING_WRITE_BYTES_MAX = fixedAtStart(
            "pending-write-bytes-max",
            SettingType.bytes(1 << 20, 1L << 36),
            Long.toString(256L << 20),
            "bytes of writes that wait for replicas, per event loop, before clients are no longer read from");
    public static final Setting HINT_BYTES_MAX = fixedAtStart(
            "hint-bytes-max",
            SettingType.bytes(0, 1L << 50),
            Long.toString(GIB),
            "bytes of writes kept for nodes that are down");
    public static final Setting HINT_AGE_MAX = fixedAtStart(
            "hint-age-max",
            SettingType.number(1, Integer.MAX_VALUE, "SECONDS"),
            "10800",
            "how long writes are kept for a node that is down");
    public static final Setting HINT_RATE = fixedAtStart(
            "hint-rate",
            SettingType.bytes(1024, 1L << 40),
            Long.toString(10L << 20),
            "bytes a second at which they are delivered when it is back");
    public static final Setting REPAIR_RATE = changeable(
            "repair-rate",
            SettingType.bytes(1024, 1L << 40),
            Long.toString(4L << 20),
            "bytes a second that this node exchanges with replicas to find and mend what differs");
    public static final Setting REPAIR_INTERVAL = changeable(
            "repair-interval",
            SettingType.number(0, 86_400, "SECONDS"),
            "60",
            "in which all data are compared with every other replica's, if the rate allows; 0 is never");
    public static final Setting TOMBSTONE_GRACE = fixedAtStart(
            "tombstone-grace",
            SettingType.number(1, 315_360_000, "SECONDS"),
            "600",
            "how old a deletion must be at least before it is forgotten, besides that all replicas have it");
    public static final Setting STREAM_RATE = fixedAtStart(
            "stream-rate",
            SettingType.bytes(1024, 1L << 40),
            Long.toString(50L << 20),
            "bytes a second at which data are handed over to nodes that join, or by one that leaves");
    public static final Setting GOSSIP_INTERVAL = fixedAtStart(
            "gossip-interval",
            SettingType.number(10, 30_000, "MILLISECONDS"),
            "200",
            "between two rounds of heartbeats");
    public static final Setting CLOCK_DRIFT_MAX = fixedAtStart(
            "clock-drift-max",
            SettingType.number(1, 86_400, "SECONDS"),
            "600",
            "how far ahead of this node's clock another's may be before its writes are refused");
    public static final Setting PEER_TIMEOUT = fixedAtStart(
            "peer-timeout",
            SettingType.number(100, 60_000, "MILLISECONDS"),
            "500",
            "a node from which nothing was heard for so long is not asked");
    public static final Setting PEER_QUEUE_BYTES = fixedAtStart(
            "peer-queue-bytes",
            SettingType.bytes(1 << 20, 1L << 30),
            Long.toString(64L << 20),
            "bytes that may wait to be sent on one connection to another node");
    public static final Setting NODE_FRAME_BYTES_MAX = fixedAtStart(
            "node-frame-bytes-max",
            SettingType.bytes(1 << 20, 1L << 30),
            Long.toString(600L << 20),
            "bytes of one message between nodes");

    // What clients of Redis ask for, answered as it is here.
    public static final Setting SAVE = compatible("save", "", "no periodic snapshots: every write is logged");
    public static final Setting APPENDONLY = compatible("appendonly", "yes", "every write is logged");
    public static final Setting MAXMEMORY = compatible("maxmemory", "0", "data are limited by the disk, see memory-limit");
    public static final Setting MAXMEMORY_POLICY = compatible("maxmemory-policy", "noeviction", "nothing is evicted");
    public static final Setting CLUSTER_ENABLED = compatible("cluster-enabled", "yes", "every node is one of a cluster, if only of itself");
    public static final Setting REPLICA_READ_ONLY = compatible("replica-read-only", "yes", "there are no replicas");

    private Settings() {}

    /** The setting of that name, in any case; null when there is none. */
    public static @Nullable Setting find(String name) {
        return BY_NAME.get(name.toLowerCase(Locale.ROOT));
    }

    /** All of them, in the order of the help. */
    public static Collection<Setting> all() {
        return Collections.unmodifiableCollection(BY_NAME.values());
    }

    /** All that an operator may give at start. */
    public static Collection<Setting> settable() {
        Collection<Setting> settable = new ArrayList<>(BY_NAME.values());
        settable.removeIf(setting -> setting.type().placeholder().isEmpty());
        return settable;
    }

    private static Setting changeable(String name, SettingType type, String defaultText, String help) {
        return add(new Setting(name, type, defaultText, true, false, help));
    }

    private static Setting fixedAtStart(String name, SettingType type, String defaultText, String help) {
        return add(new Setting(name, type, defaultText, false, false, help));
    }

    private static Setting compatible(String name, String value, String help) {
        return add(new Setting(name, SettingType.fixed(value), value, true, false, help));
    }

    private static Setting add(Setting setting) {
        if (BY_NAME.put(setting.name(), setting) != null || !setting.parse(setting.defaultText()).equals(setting.defaultText())) {
            throw new IllegalStateException("setting " + setting.name() + " is there twice or has a bad default");
        }
        return setting;
    }

    private static long defaultMemoryLimit() {
        long physical = GIB;
        if (java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system) {
            physical = system.getTotalMemorySize();
        }
        return Math.max(256L << 20, physical / 4);
    }
}
