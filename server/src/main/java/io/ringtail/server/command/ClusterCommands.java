package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.engine.record.HashSlot;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.protocol.ReplyWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code CLUSTER}, answered for a cluster of one node that owns every slot. The address given is the one the client itself has reached.
 * Safe for concurrent use.
 */
final class ClusterCommands {
    private static final String GROUP = "cluster";
    private static final int SLOT_SHIFT = 50;

    private final Services services;

    private ClusterCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        ClusterCommands commands = new ClusterCommands(services);
        Command cluster = table.container("cluster").docs(GROUP, "3.0.0", "Depends on the subcommand", "About the cluster.", "");
        add(cluster, "count-failure-reports", 3, commands::failureReports, "Answers 0 for the node itself.", "node-id");
        add(cluster, "countkeysinslot", 3, ClusterCommands::countKeys, "Counts the keys of a slot.", "slot").flags(WORKER);
        add(cluster, "getkeysinslot", 4, ClusterCommands::keys, "Answers keys of a slot.", "slot count").flags(WORKER);
        add(cluster, "info", 2, ClusterCommands::info, "Describes the cluster.", "");
        add(cluster, "keyslot", 3, ClusterCommands::keyslot, "Answers a key's slot.", "key");
        add(cluster, "links", 2, call -> call.reply().arrayHeader(0), "Lists links to other nodes: there are none.", "");
        add(cluster, "myid", 2, call -> call.reply().bulk(services.runId()), "Answers the node's id.", "");
        add(cluster, "myshardid", 2, call -> call.reply().bulk(services.runId()), "Answers the shard's id.", "");
        add(cluster, "nodes", 2, commands::nodes, "Lists the nodes.", "");
        add(cluster, "replicas", 3, commands::replicas, "Lists a node's replicas: there are none.", "node-id");
        add(cluster, "shards", 2, commands::shards, "Lists the shards.", "");
        add(cluster, "slaves", 3, commands::replicas, "Lists a node's replicas: there are none.", "node-id");
        add(cluster, "slots", 2, commands::slots, "Says which node has which slots.", "");
        HelpText.addTo(cluster);
    }

    private static Command add(Command cluster, String name, int arity, CommandHandler handler, String summary, String syntax) {
        return cluster.subcommand(name, arity, handler)
                .flags(LOADING, STALE)
                .docs(GROUP, "3.0.0", "O(1)", summary, syntax);
    }

    private static void keyslot(Call call) {
        call.reply().integer(HashSlot.of(call.request().array(), call.request().offset(2), call.request().size(2)));
    }

    private static int slot(Call call, int index) {
        long slot;
        try {
            slot = call.integer(index);
        } catch (CommandException e) {
            throw new CommandException("ERR Invalid or out of range slot");
        }
        if (slot < 0 || slot >= HashSlot.COUNT) {
            throw new CommandException("ERR Invalid slot");
        }
        return (int) slot;
    }

    private static RecordCursor scan(Call call, int slot) {
        long from = (long) slot << SLOT_SHIFT;
        return call.data().scan(call.database(), from, from + (1L << SLOT_SHIFT) - 1);
    }

    private static void countKeys(Call call) {
        long count = 0;
        try (RecordCursor cursor = scan(call, slot(call, 2))) {
            while (cursor.next()) {
                count++;
            }
        }
        call.reply().integer(count);
    }

    private static void keys(Call call) {
        int slot = slot(call, 2);
        long max = call.integer(3);
        if (max < 0) {
            throw new CommandException("ERR Invalid number of keys");
        }
        List<byte[]> keys = new ArrayList<>();
        try (RecordCursor cursor = scan(call, slot)) {
            while (keys.size() < max && cursor.next()) {
                keys.add(cursor.key().userKey());
            }
        }
        call.reply().arrayHeader(keys.size());
        for (byte[] key : keys) {
            call.reply().bulk(key);
        }
    }

    private static void info(Call call) {
        call.reply()
                .verbatim(
                        "txt",
                        "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
                                + "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n"
                                + "cluster_current_epoch:1\r\ncluster_my_epoch:1\r\ncluster_stats_messages_sent:0\r\n"
                                + "cluster_stats_messages_received:0\r\ntotal_cluster_links_buffer_limit_exceeded:0\r\n");
    }

    private static String host(Call call) {
        String local = call.session().local();
        String host = local.substring(0, local.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(Call call) {
        String local = call.session().local();
        return Integer.parseInt(local.substring(local.lastIndexOf(':') + 1));
    }

    private void nodes(Call call) {
        call.reply()
                .verbatim(
                        "txt",
                        services.runId() + " " + host(call) + ":" + port(call) + "@" + (port(call) + 10000)
                                + " myself,master - 0 0 1 connected 0-16383\n");
    }

    private void slots(Call call) {
        ReplyWriter reply = call.reply();
        reply.arrayHeader(1);
        reply.arrayHeader(3);
        reply.integer(0);
        reply.integer(HashSlot.COUNT - 1);
        reply.arrayHeader(4);
        reply.bulk(host(call));
        reply.integer(port(call));
        reply.bulk(services.runId());
        reply.arrayHeader(0);
    }

    private void shards(Call call) {
        ReplyWriter reply = call.reply();
        reply.arrayHeader(1);
        reply.mapHeader(2);
        reply.bulk("slots");
        reply.arrayHeader(2);
        reply.integer(0);
        reply.integer(HashSlot.COUNT - 1);
        reply.bulk("nodes");
        reply.arrayHeader(1);
        reply.mapHeader(7);
        reply.bulk("id");
        reply.bulk(services.runId());
        reply.bulk("port");
        reply.integer(port(call));
        reply.bulk("ip");
        reply.bulk(host(call));
        reply.bulk("endpoint");
        reply.bulk(host(call));
        reply.bulk("role");
        reply.bulk("master");
        reply.bulk("replication-offset");
        reply.integer(services.data().statistics().bytesWritten());
        reply.bulk("health");
        reply.bulk("online");
    }

    private void checkNode(Call call) {
        if (!call.text(2).equals(services.runId())) {
            throw new CommandException("ERR Unknown node " + call.text(2));
        }
    }

    private void replicas(Call call) {
        checkNode(call);
        call.reply().arrayHeader(0);
    }

    private void failureReports(Call call) {
        checkNode(call);
        call.reply().integer(0);
    }
}
