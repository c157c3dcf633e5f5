package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.antientropy.RepairCounters;
import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.node.DataLoop;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.server.config.Settings;
import io.ringtail.server.metrics.LatencyHistogram;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.metrics.NodeUse;
import io.ringtail.server.peer.PeerMetrics;
import io.ringtail.server.session.Session;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * {@code INFO}: one method a section, each line a number that was counted or measured. What Redis has and Ringtail has not (replicas,
 * scripts, publish/subscribe) is left out, or stands as the zero it is. Safe for concurrent use.
 */
final class InfoCommand {
    /** What a section writes its lines with. */
    private static final class Lines {
        final StringBuilder text;

        Lines(StringBuilder text) {
            this.text = text;
        }

        Lines add(String name, Object value) {
            text.append(name).append(':').append(value).append("\r\n");
            return this;
        }
    }

    private final Services services;
    private final Map<String, BiConsumer<Lines, Call>> sections = new LinkedHashMap<>();
    private final Set<String> defaults = new LinkedHashSet<>();

    private InfoCommand(Services services) {
        this.services = services;
        section("Server", true, this::server);
        section("Clients", true, this::clients);
        section("Memory", true, this::memory);
        section("Persistence", true, this::persistence);
        section("Stats", true, this::stats);
        section("Replication", true, this::replication);
        section("CPU", true, this::cpu);
        section("Modules", true, (lines, call) -> {});
        section("Commandstats", false, this::commandStats);
        section("Errorstats", true, this::errorStats);
        section("Latencystats", false, this::latencyStats);
        section("Cluster", true, this::cluster);
        section("Keyspace", true, this::keyspace);
    }

    static void register(CommandTable table, Services services) {
        InfoCommand info = new InfoCommand(services);
        table.add("info", -1, info::info)
                .flags(LOADING, STALE, WORKER)
                .docs("server", "1.0.0", "O(1)", "Describes the server in sections.", "[section [section ...]]");
    }

    private void section(String name, boolean byDefault, BiConsumer<Lines, Call> writer) {
        sections.put(name, writer);
        if (byDefault) {
            defaults.add(name);
        }
    }

    private void info(Call call) {
        Set<String> wanted = new LinkedHashSet<>();
        for (int i = 1; i < call.count(); i++) {
            String asked = call.text(i).toLowerCase(Locale.ROOT);
            if (asked.equals("all") || asked.equals("everything")) {
                wanted.addAll(sections.keySet());
            } else if (asked.equals("default")) {
                wanted.addAll(defaults);
            } else {
                sections.keySet().stream().filter(name -> name.toLowerCase(Locale.ROOT).equals(asked)).forEach(wanted::add);
            }
        }
        if (call.count() == 1) {
            wanted.addAll(defaults);
        }
        StringBuilder text = new StringBuilder(4096);
        sections.forEach((name, writer) -> {
            if (wanted.contains(name)) {
                text.append(text.isEmpty() ? "" : "\r\n").append("# ").append(name).append("\r\n");
                writer.accept(new Lines(text), call);
            }
        });
        call.reply().verbatim("txt", text.toString());
    }

    private void server(Lines lines, Call call) {
        Metrics metrics = services.metrics();
        long uptime = metrics.uptimeSeconds();
        String local = call.session().local();
        lines.add("redis_version", ConnectionCommands.REDIS_VERSION)
                .add("ringtail_version", version())
                .add("redis_mode", "standalone")
                .add("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"))
                .add("arch_bits", 64)
                .add("jvm_version", Runtime.version())
                .add("process_id", ProcessHandle.current().pid())
                .add("run_id", services.runId())
                .add("tcp_port", local.substring(local.lastIndexOf(':') + 1))
                .add("server_time_usec", System.currentTimeMillis() * 1000)
                .add("uptime_in_seconds", uptime)
                .add("uptime_in_days", uptime / 86400)
                .add("io_threads_active", services.configuration().integer(Settings.IO_THREADS) > 1 ? 1 : 0)
                .add("io_threads", services.configuration().text(Settings.IO_THREADS))
                .add("executable", ProcessHandle.current().info().command().orElse("java"))
                .add("config_file", services.configuration().file() == null ? "" : services.configuration().file().path());
    }

    /** The version of this build, from the jar's manifest. */
    static String version() {
        String version = InfoCommand.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0-SNAPSHOT" : version;
    }

    private void clients(Lines lines, Call call) {
        int maxInput = 0;
        long maxOutput = 0;
        int paused = 0;
        int inTransaction = 0;
        for (Session session : services.sessions().all()) {
            maxInput = Math.max(maxInput, session.connection().queryBytes());
            maxOutput = Math.max(maxOutput, session.connection().outputBytes());
            paused += session.isPostponed() ? 1 : 0;
            inTransaction += session.transaction() != null ? 1 : 0;
        }
        lines.add("connected_clients", services.sessions().count())
                .add("cluster_connections", 0)
                .add("maxclients", services.configuration().text(Settings.MAXCLIENTS))
                .add("client_recent_max_input_buffer", maxInput)
                .add("client_recent_max_output_buffer", maxOutput)
                .add("blocked_clients", paused)
                .add("clients_in_transaction", inTransaction)
                .add("monitor_clients", services.sessions().monitors().size());
    }

    private void memory(Lines lines, Call call) {
        DataStatistics data = services.data().statistics();
        ServerMemory now = ServerMemory.now(data);
        lines.add("used_memory", now.usedBytes())
                .add("used_memory_human", human(now.usedBytes()))
                .add("used_memory_rss", now.residentBytes())
                .add("used_memory_rss_human", human(now.residentBytes()))
                .add("used_memory_peak", ServerMemory.peakBytes())
                .add("used_memory_peak_human", human(ServerMemory.peakBytes()))
                .add("used_memory_startup", ServerMemory.startBytes())
                .add("used_memory_dataset", data.memtableBytes() + data.cacheBytes())
                .add("used_memory_heap", now.heapUsedBytes())
                .add("heap_committed", now.heapCommittedBytes())
                .add("heap_max", now.heapMaxBytes())
                .add("direct_buffers", now.directBytes())
                .add("mapped_files", now.mappedBytes())
                .add("memtable_bytes", data.memtableBytes())
                .add("block_cache_bytes", data.cacheBytes())
                .add("index_bytes", data.indexBytes())
                .add("memory_limit", services.configuration().text(Settings.MEMORY_LIMIT))
                .add("total_system_memory", systemMemory())
                .add("total_system_memory_human", human(systemMemory()))
                .add("maxmemory", services.configuration().text(Settings.MAXMEMORY))
                .add("maxmemory_human", human(services.configuration().number(Settings.MAXMEMORY)))
                .add("maxmemory_policy", services.configuration().text(Settings.MAXMEMORY_POLICY))
                .add("mem_fragmentation_ratio",
                        String.format(Locale.ROOT, "%.2f", now.residentBytes() / (double) Math.max(1, now.usedBytes())))
                .add("mem_fragmentation_bytes", now.residentBytes() - now.usedBytes())
                .add("mem_allocator", "jvm");
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            String name = "gc_" + collector.getName().toLowerCase(Locale.ROOT).replace(' ', '_');
            lines.add(name + "_collections", collector.getCollectionCount()).add(name + "_millis", collector.getCollectionTime());
        }
    }

    private static long systemMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }

    private static String human(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        int power = Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        return String.format(Locale.ROOT, "%.2f%s", bytes / Math.pow(1024, power), "BKMGT".charAt(power));
    }

    private void persistence(Lines lines, Call call) {
        DataStatistics data = services.data().statistics();
        String refusal = services.data().writeRefusal();
        NodeUse.Disk disk = NodeUse.Disk.of(Path.of(services.configuration().text(Settings.DATA_DIR)));
        lines.add("loading", 0)
                .add("async_loading", 0)
                .add("rdb_changes_since_last_save", data.memtableEntries())
                .add("rdb_bgsave_in_progress", data.flushRunning() ? 1 : 0)
                .add("rdb_last_save_time", services.data().lastFlushMillis() / 1000)
                .add("rdb_last_bgsave_status", refusal == null ? "ok" : "err")
                .add("rdb_saves", data.flushes())
                .add("aof_enabled", 1)
                .add("aof_rewrite_in_progress", 0)
                .add("aof_last_write_status", refusal == null ? "ok" : "err")
                .add("aof_current_size", data.logBytes())
                .add("aof_pending_bio_fsync", data.syncLagMillis() > 0 ? 1 : 0)
                .add("log_sync_lag_millis", data.syncLagMillis())
                .add("log_syncs", data.logSyncs())
                .add("log_last_sync_usec", data.lastSyncMicros())
                .add("table_files", data.tableCount())
                .add("table_bytes", data.tableBytes())
                .add("disk_used_bytes", data.logBytes() + data.tableBytes())
                .add("disk_free_bytes", disk.freeBytes())
                .add("disk_total_bytes", disk.totalBytes())
                .add("disk_written_bytes", data.bytesWritten())
                .add("compactions", data.compactions())
                .add("compaction_running", data.compactionRunning() ? 1 : 0);
    }

    private void stats(Lines lines, Call call) {
        Metrics metrics = services.metrics();
        DataStatistics data = services.data().statistics();
        long errors = metrics.errors().values().stream().mapToLong(Long::longValue).sum();
        lines.add("total_connections_received", metrics.connectionsReceived.sum())
                .add("total_commands_processed", totalCalls())
                .add("instantaneous_ops_per_sec", metrics.commandsPerSecond())
                .add("commands_per_second", String.format(Locale.ROOT, "%.1f", metrics.decayingCommandsPerSecond()))
                .add("total_net_input_bytes", metrics.receivedBytes())
                .add("total_net_output_bytes", metrics.sentBytes())
                .add("instantaneous_input_kbps", String.format(Locale.ROOT, "%.2f", metrics.receivedKibPerSecond()))
                .add("instantaneous_output_kbps", String.format(Locale.ROOT, "%.2f", metrics.sentKibPerSecond()))
                .add("rejected_connections", metrics.connectionsRejected.sum())
                .add("evicted_keys", 0)
                .add("evicted_clients", 0)
                .add("keyspace_hits", data.readHits())
                .add("keyspace_misses", data.readMisses())
                .add("block_cache_hits", data.cacheHits())
                .add("block_cache_misses", data.cacheMisses())
                .add("cold_reads", metrics.coldReads.sum())
                .add("total_error_replies", errors)
                .add("protocol_errors", metrics.protocolErrors.sum())
                .add("client_query_buffer_limit_disconnections", metrics.queryLimitDisconnections.sum())
                .add("client_output_buffer_limit_disconnections", metrics.outputLimitDisconnections.sum())
                .add("pubsub_channels", 0)
                .add("pubsub_patterns", 0)
                .add("total_reads_processed", data.readHits() + data.readMisses())
                .add("slowlog_entries", services.slowLog().size());
    }

    private long totalCalls() {
        long calls = 0;
        for (Command command : services.table().indexed()) {
            calls += services.metrics().calls(command.index());
        }
        return calls;
    }

    /** No node is another's master or replica; tools that look for a role find the one that takes writes. */
    private void replication(Lines lines, Call call) {
        lines.add("role", "master")
                .add("connected_slaves", 0)
                .add("master_failover_state", "no-failover")
                .add("master_replid", services.runId())
                .add("master_repl_offset", services.data().statistics().bytesWritten());
    }

    private void cluster(Lines lines, Call call) {
        lines.add("cluster_enabled", 1);
        ClusterView view = services.data().cluster();
        if (view == null) {
            return;
        }
        ClusterNode node = view.node();
        Topology topology = node.ring().topology();
        boolean isMember = node.isMember();
        long pendingReads = 0;
        long pendingWrites = 0;
        long pendingWriteBytes = 0;
        long hedged = 0;
        long repaired = 0;
        long confirmed = 0;
        long doubted = 0;
        long revised = 0;
        long failed = 0;
        long relayed = 0;
        long relaysFailed = 0;
        for (DataLoop loop : node.dataLoops()) {
            Quorums quorums = loop.quorums();
            pendingReads += quorums.pendingReads();
            pendingWrites += quorums.pendingWrites();
            pendingWriteBytes += quorums.pendingWriteBytes();
            hedged += quorums.readsHedged();
            repaired += quorums.readsRepaired();
            confirmed += quorums.readsConfirmed();
            doubted += quorums.readsDoubted();
            revised += quorums.writesRevised();
            failed += quorums.writesFailed();
            relayed += quorums.writesRelayed();
            relaysFailed += quorums.relaysFailed();
        }
        RepairCounters repairs = node.antiEntropy().counters();
        long bytesIn = 0;
        long bytesOut = 0;
        long messagesIn = 0;
        long messagesOut = 0;
        Map<Long, PeerMetrics.Link> links = view.traffic().links();
        for (PeerMetrics.Link link : links.values()) {
            bytesIn += link.bytesIn.sum();
            bytesOut += link.bytesOut.sum();
            messagesIn += link.messagesIn.sum();
            messagesOut += link.messagesOut.sum();
        }
        lines.add("cluster_member", isMember ? 1 : 0)
                .add("cluster_name", isMember ? topology.clusterName() : "")
                .add("cluster_epoch", isMember ? topology.epoch() : 0)
                .add("cluster_frozen", node.isFrozen() ? 1 : 0)
                .add("cluster_members", isMember ? topology.members().size() : 0)
                .add("cluster_members_down", node.liveness().downCount())
                .add("cluster_members_suspected", node.liveness().suspectedCount())
                .add("cluster_share_imbalance_percent",
                        isMember ? String.format(Locale.ROOT, "%.1f", Shares.of(node.ring()).imbalancePercent()) : "0.0")
                .add("cluster_partitions_moving", isMember ? topology.transition().moves().size() : 0)
                .add("cluster_protocol_version", ProtocolVersion.NEWEST)
                .add("hints_waiting", node.hints().count())
                .add("hints_bytes", node.hints().bytes())
                .add("hints_added", node.hints().addedCount())
                .add("hints_delivered", node.hintDelivery().deliveredCount())
                .add("hints_refused", node.hints().refusedCount())
                .add("hints_dropped", node.hints().droppedCount())
                .add("repair_ranges_compared", repairs.rangesCompared.sum())
                .add("repair_ranges_failed", repairs.rangesFailed.sum())
                .add("repair_leaves_differing", repairs.leavesDiffering.sum())
                .add("repair_leaves_dirty", node.antiEntropy().dirtyLeaves())
                .add("repair_keys_hashed", node.antiEntropy().keysHashed())
                .add("repair_records_sent", repairs.recordsSent.sum())
                .add("repair_records_received", repairs.recordsReceived.sum())
                .add("repair_bytes", repairs.bytes.sum())
                .add("repair_requests_served", repairs.served.sum())
                .add("transfers_held_up_by_clock", node.transfers().progress().heldUp())
                .add("repair_cycles", repairs.cycles.sum())
                .add("repair_last_cycle_age", repairAge(repairs))
                .add("repair_last_cycle_time", repairs.lastCycleMillis() / 1000)
                .add("deletions_closed_time", HybridLogicalClock.millis(node.settlement().said().closed()) / 1000)
                .add("deletions_settled_time", HybridLogicalClock.millis(node.settlement().settledEverywhere()) / 1000)
                .add("pending_reads", pendingReads)
                .add("pending_writes", pendingWrites)
                .add("pending_write_bytes", pendingWriteBytes)
                .add("locked_slots", node.lockedSlots())
                .add("reads_confirmed", confirmed)
                .add("reads_doubted", doubted)
                .add("reads_hedged", hedged)
                .add("reads_repaired", repaired)
                .add("writes_revised", revised)
                .add("writes_failed", failed)
                .add("writes_relayed", relayed)
                .add("relays_failed", relaysFailed)
                .add("siblings_refused", node.local().siblingsRefused())
                .add("contexts_pruned", node.local().contextsPruned())
                .add("peer_messages_in", messagesIn)
                .add("peer_messages_out", messagesOut)
                .add("peer_bytes_in", bytesIn)
                .add("peer_bytes_out", bytesOut)
                .add("peer_bytes_out_other_datacenters", isMember ? bytesToOtherDatacenters(node, links) : 0);
        if (isMember) {
            int peer = 0;
            for (Member member : topology.members()) {
                if (member.id() != node.selfId()) {
                    lines.add("peer" + peer++, "id=" + member.name() + ",read_usec=" + node.readMicros(member.id()) + ",write_usec="
                            + node.writeMicros(member.id()) + ",datacenter=" + member.datacenter() + ",bytes_out=" + bytesTo(member, links));
                }
            }
        }
    }

    private static long bytesTo(Member member, Map<Long, PeerMetrics.Link> links) {
        PeerMetrics.Link link = links.get(member.id());
        return link == null ? 0 : link.bytesOut.sum();
    }

    private static long bytesToOtherDatacenters(ClusterNode node, Map<Long, PeerMetrics.Link> links) {
        Ring ring = node.ring();
        int own = ring.datacenterOf(node.selfId());
        return ring.topology().members().stream()
                .filter(member -> ring.datacenterOf(member.id()) != own)
                .mapToLong(member -> bytesTo(member, links))
                .sum();
    }

    /** Seconds since all that is here was last compared with every other replica, or since the start. */
    private long repairAge(RepairCounters repairs) {
        return repairs.lastCycleMillis() == 0
                ? services.metrics().uptimeSeconds()
                : Math.max(0, System.currentTimeMillis() - repairs.lastCycleMillis()) / 1000;
    }

    private void cpu(Lines lines, Call call) {
        double user;
        double system;
        try {
            // Fields 14 and 15, counted behind the command's name, which may hold spaces: ticks of a hundredth of a second.
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            user = Long.parseLong(fields[11]) / 100.0;
            system = Long.parseLong(fields[12]) / 100.0;
        } catch (IOException | RuntimeException e) {
            user = ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                    ? os.getProcessCpuTime() / 1e9
                    : 0;
            system = 0;
        }
        lines.add("used_cpu_sys", String.format(Locale.ROOT, "%.6f", system))
                .add("used_cpu_user", String.format(Locale.ROOT, "%.6f", user))
                .add("cpu_percent", percent(services.metrics().cpuPermille()))
                .add("event_loop_busy_percent", percent(services.metrics().busyPermille()))
                .add("threads", Thread.getAllStackTraces().size());
    }

    private static String percent(long permille) {
        return String.format(Locale.ROOT, "%.1f", permille / 10.0);
    }

    private void commandStats(Lines lines, Call call) {
        Metrics metrics = services.metrics();
        for (Command command : services.table().indexed()) {
            int index = command.index();
            long calls = metrics.calls(index);
            long rejected = metrics.rejected(index);
            if (calls + rejected > 0) {
                long micros = metrics.nanos(index) / 1000;
                lines.add(
                        "cmdstat_" + command.fullName(),
                        "calls=" + calls + ",usec=" + micros + ",usec_per_call="
                                + String.format(Locale.ROOT, "%.2f", metrics.nanos(index) / 1000.0 / Math.max(1, calls))
                                + ",rejected_calls=" + rejected + ",failed_calls=" + metrics.failed(index));
            }
        }
    }

    private void errorStats(Lines lines, Call call) {
        services.metrics().errors().forEach((prefix, count) -> lines.add("errorstat_" + prefix, "count=" + count));
    }

    private void latencyStats(Lines lines, Call call) {
        for (Command command : services.table().indexed()) {
            LatencyHistogram histogram = services.metrics().histogram(command.index());
            if (histogram.count() > 0) {
                lines.add(
                        "latency_percentiles_usec_" + command.fullName(),
                        String.format(
                                Locale.ROOT,
                                "p50=%.3f,p99=%.3f,p99.9=%.3f",
                                histogram.percentileNanos(50) / 1000.0,
                                histogram.percentileNanos(99) / 1000.0,
                                histogram.percentileNanos(99.9) / 1000.0));
            }
        }
    }

    private void keyspace(Lines lines, Call call) {
        for (int database = 0; database < call.databaseCount(); database++) {
            long keys = services.data().keys(database);
            if (keys > 0) {
                long expires = Math.min(keys, services.data().keysWithExpiry(database));
                lines.add("db" + database, "keys=" + keys + ",expires=" + expires);
            }
        }
    }
}
