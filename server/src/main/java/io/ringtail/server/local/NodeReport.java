package io.ringtail.server.local;

import io.ringtail.protocol.client.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What can be told of a node from outside, and what it says itself. Immutable.
 *
 * @param id empty while it is not known
 * @param epoch of the topology it goes by; 0 when it does not say
 * @param members of that; 0 when it does not say
 * @param down ids of those it holds for down
 * @param hints writes that it keeps for others
 * @param silence why it does not say, empty when it does
 */
record NodeReport(
        int number,
        int port,
        long pid,
        NodeProcess.State state,
        String id,
        long epoch,
        int members,
        List<String> down,
        long hints,
        String silence) {
    private static final int ID_SIZE = 12;
    private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:(\\d+)");
    private static final Pattern MEMBERS = Pattern.compile("cluster_known_nodes:(\\d+)");

    static NodeReport of(LocalNode node) throws IOException {
        NodeProcess process = node.process();
        NodeProcess.State state = process == null ? NodeProcess.State.DEAD : process.state();
        long pid = process == null ? 0 : process.pid();
        long epoch = 0;
        int members = 0;
        List<String> down = List.of();
        long hints = 0;
        String silence = "";
        if (state == NodeProcess.State.RUNNING) {
            try (NodeClient client = node.connect()) {
                String id = client.text("CLUSTER", "MYID");
                node.remember(id.substring(Math.max(0, id.length() - ID_SIZE)));
                String info = client.text("CLUSTER", "INFO");
                epoch = number(EPOCH, info);
                members = (int) number(MEMBERS, info);
                down = down(client.text("CLUSTER", "NODES"));
                hints = waiting(client.call("RT.HINTS"));
            } catch (IOException e) {
                silence = String.valueOf(e.getMessage());
            }
        }
        return new NodeReport(
                node.number(), node.port(), pid, state, Objects.requireNonNullElse(node.id(), ""), epoch, members,
                down, hints, silence);
    }

    /** Ids of the lines of {@code CLUSTER NODES} whose flags, the third word, say that the node has failed. */
    private static List<String> down(String nodes) {
        return nodes.lines()
                .map(line -> line.split(" ", -1))
                .filter(words -> words.length > 2 && List.of(words[2].split(",", -1)).contains("fail"))
                .map(words -> words[0].substring(Math.max(0, words[0].length() - ID_SIZE)))
                .toList();
    }

    /** The number behind the word {@code waiting} in an answer of names and values, which RESP2 has as a flat list. */
    private static long waiting(Reply hints) {
        if (hints instanceof Reply.Array list) {
            for (int i = 0; i + 1 < list.elements().size(); i += 2) {
                if (list.elements().get(i) instanceof Reply.Bulk name
                        && name.text().equals("waiting")
                        && list.elements().get(i + 1) instanceof Reply.Int number) {
                    return number.value();
                }
            }
        }
        return 0;
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** Prints a line for each; a node that another holds for down is named by its number. */
    static void print(List<NodeReport> reports, PrintStream out) {
        print(out, "node", "state", "address", "pid", "id", "epoch", "members", "down", "hints", "");
        for (NodeReport report : reports) {
            boolean says = report.members > 0;
            print(
                    out,
                    Integer.toString(report.number),
                    LocalNode.name(report.state),
                    "127.0.0.1:" + report.port,
                    report.state == NodeProcess.State.DEAD ? "-" : Long.toString(report.pid),
                    report.id.isEmpty() ? "-" : report.id,
                    says ? Long.toString(report.epoch) : "-",
                    says ? Integer.toString(report.members) : "-",
                    report.down.isEmpty() ? "-" : names(report.down, reports),
                    says ? Long.toString(report.hints) : "-",
                    report.silence);
        }
    }

    private static void print(PrintStream out, Object... columns) {
        out.println(String.format(Locale.ROOT, "%-4s  %-7s  %-15s  %-7s  %-12s  %-5s  %-7s  %-6s  %-6s  %s", columns)
                .stripTrailing());
    }

    private static String names(List<String> ids, List<NodeReport> reports) {
        return ids.stream()
                .map(id -> reports.stream()
                        .filter(report -> report.id.equals(id))
                        .map(report -> Integer.toString(report.number))
                        .findFirst()
                        .orElse(id))
                .sorted()
                .collect(Collectors.joining(","));
    }
}
