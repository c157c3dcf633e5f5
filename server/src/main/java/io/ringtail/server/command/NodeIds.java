package io.ringtail.server.command;

import io.ringtail.cluster.node.ClusterNode;
import java.util.Locale;

/**
 * How commands write and read the ids of nodes: 12 hexadecimal digits in Ringtail's own commands and in logs; 40 of them in {@code CLUSTER}, as Redis has it, of which the last
 * 12 are the same and the others are 0. Either is read everywhere. Pure.
 */
final class NodeIds {
    static final int LONG_SIZE = 40;

    private static final int SHORT_SIZE = 12;

    private NodeIds() {}

    /** The id as logs have it. */
    static String name(long id) {
        return String.format(Locale.ROOT, "%012x", id);
    }

    /** The id as {@code CLUSTER} has it. */
    static String longName(long id) {
        return String.format(Locale.ROOT, "%040x", id);
    }

    /** @throws CommandException when it is no id */
    static long parse(String text) {
        long id = parseOrZero(text);
        if (id == 0) {
            throw new CommandException("ERR '" + text + "' is no node id: 12 hexadecimal digits, or 40");
        }
        return id;
    }

    /** 0, which is no node's, when it is no id. */
    static long parseOrZero(String text) {
        if (text.length() == LONG_SIZE ? !text.matches("0{28}[0-9a-fA-F]{12}") : !text.matches("[0-9a-fA-F]{12}")) {
            return 0;
        }
        return Long.parseLong(text.substring(text.length() - SHORT_SIZE), 16);
    }

    /** The cluster this server's node is in. @throws CommandException when it is in none */
    static ClusterView cluster(Services services) {
        ClusterView cluster = services.data().cluster();
        if (cluster == null) {
            throw new CommandException("ERR this server's data are not a cluster's");
        }
        return cluster;
    }

    /** This server's node, as a member of a cluster, if only of itself. @throws CommandException when it has not been let in */
    static ClusterNode member(Services services) {
        ClusterNode node = cluster(services).node();
        String refusal = node.refusal();
        if (refusal != null) {
            throw new CommandException(refusal);
        }
        return node;
    }
}
