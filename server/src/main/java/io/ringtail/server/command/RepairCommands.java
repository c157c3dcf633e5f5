package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.antientropy.AntiEntropy;
import io.ringtail.cluster.antientropy.RepairReport;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.protocol.ReplyWriter;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code RT.REPAIR} and {@code RT.MERKLE}: has this node compare what it holds with the other replicas now, to mend what differs or only to tell. Described with examples in {@code
 * docs/commands-rt.md}. Run by workers, which wait. Safe for concurrent use.
 */
final class RepairCommands {
    private static final String GROUP = "ringtail";
    private static final String SINCE = "0.1.0";
    private static final int ALL = -1;
    /** What goes on longer goes on unheard. */
    private static final int REPAIR_MINUTES_MAX = 60;

    private static final int COMPARE_MINUTES_MAX = 2;

    private final Services services;

    private RepairCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        RepairCommands commands = new RepairCommands(services);
        table.add("rt.repair", -1, commands::repair)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N keys written to since they were compared last",
                        "Compares what this node holds with the other replicas and mends what differs.",
                        "[KEY key | PARTITION number]");
        table.add("rt.merkle", 3, commands::merkle)
                .flags(NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N keys of the partition written to since they were compared last",
                        "Tells how the other replicas' hashes of a partition compare with this node's.",
                        "KEY key | PARTITION number");
    }

    private static int partition(Call call, Topology topology) {
        if (call.is(1, "KEY")) {
            return topology.partitionOf(call.key(2).token());
        }
        if (!call.is(1, "PARTITION")) {
            throw CommandException.SYNTAX;
        }
        long number = call.integer(2);
        if (number < 0 || number >= topology.partitions()) {
            throw new CommandException("ERR there is no partition " + number + ", they are 0 to " + (topology.partitions() - 1));
        }
        return (int) number;
    }

    private static <T> T await(CompletableFuture<T> answer, int minutesMax) {
        try {
            return answer.get(minutesMax, TimeUnit.MINUTES);
        } catch (TimeoutException e) {
            throw new CommandException("TIMEOUT after " + minutesMax + " minutes; it goes on, INFO has its numbers");
        } catch (ExecutionException e) {
            throw new CommandException("ERR " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("ERR the server is stopping");
        }
    }

    private void repair(Call call) {
        ClusterNode node = NodeIds.member(services);
        if (call.count() != 1 && call.count() != 3) {
            throw CommandException.SYNTAX;
        }
        int partition = call.count() == 1 ? ALL : partition(call, node.ring().topology());
        CompletableFuture<RepairReport> ended = new CompletableFuture<>();
        node.antiEntropy().repair(partition, ended::complete);
        RepairReport report = await(ended, REPAIR_MINUTES_MAX);
        ReplyWriter reply = call.reply();
        reply.mapHeader(7);
        Fields.number(reply, "compared", report.rangesCompared());
        Fields.number(reply, "failed", report.rangesFailed());
        Fields.number(reply, "leaves-differing", report.leavesDiffering());
        Fields.number(reply, "records-sent", report.recordsSent());
        Fields.number(reply, "records-received", report.recordsReceived());
        Fields.number(reply, "bytes", report.bytes());
        String failure = report.failure();
        Fields.text(reply, "failure", failure == null ? "" : failure);
    }

    private void merkle(Call call) {
        ClusterNode node = NodeIds.member(services);
        int partition = partition(call, node.ring().topology());
        CompletableFuture<AntiEntropy.Comparisons> told = new CompletableFuture<>();
        node.antiEntropy().compare(partition, told::complete);
        AntiEntropy.Comparisons comparisons = await(told, COMPARE_MINUTES_MAX);
        ReplyWriter reply = call.reply();
        reply.mapHeader(3);
        Fields.number(reply, "partition", partition);
        Fields.text(reply, "root", String.format(Locale.ROOT, "%016x", comparisons.root()));
        reply.bulk("replicas");
        reply.arrayHeader(comparisons.members().size());
        for (AntiEntropy.Comparison each : comparisons.members()) {
            reply.mapHeader(3);
            Fields.text(reply, "id", NodeIds.name(each.memberId()));
            Fields.text(reply, "state", each.isKnown() ? each.isEqual() ? "equal" : "differs" : "unknown");
            Fields.text(reply, "failure", each.failure());
        }
    }
}
