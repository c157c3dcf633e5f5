package io.ringtail.server.local;

import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How busy each node is, as it says itself, in lines that scripts can read: words separated by blanks, the names of the columns first, "-" for what is not known.
 */
final class NodeLoads {
    private static final String FORMAT = "%-4s  %-7s  %-10s  %-5s  %-6s  %-6s  %-10s  %-9s  %-6s  %-11s  %s";

    private NodeLoads() {}

    static void print(List<LocalNode> nodes, PrintStream out) throws IOException {
        print(out, "node", "state", "commands/s", "cpu%", "loop%", "owns%", "disk-free%", "imbalance%", "hints", "repair-age", "transfers");
        for (LocalNode node : nodes) {
            NodeProcess.State state = node.state();
            Map<String, String> info = state == NodeProcess.State.RUNNING ? ask(node) : Map.of();
            print(
                    out,
                    Integer.toString(node.number()),
                    LocalNode.name(state),
                    known(info, "commands_per_second"),
                    known(info, "cpu_percent"),
                    known(info, "event_loop_busy_percent"),
                    known(info, "owns"),
                    freePercent(info),
                    known(info, "cluster_share_imbalance_percent"),
                    known(info, "hints_waiting"),
                    known(info, "repair_last_cycle_age"),
                    known(info, "transfers"));
        }
    }

    /** What a node says in INFO, and its share and the state of transfers as it has them; nothing when it does not answer. */
    private static Map<String, String> ask(LocalNode node) {
        Map<String, String> info = new HashMap<>();
        try (NodeClient client = node.connect()) {
            client.text("INFO").lines().forEach(line -> {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    info.put(line.substring(0, colon), line.substring(colon + 1).trim());
                }
            });
            info.put("transfers", Answer.all(client.call("RT.TRANSFERS"), "state").getFirst());
            var nodes = client.call("RT.NODES");
            List<String> ids = Answer.all(nodes, "id");
            int at = ids.indexOf(node.id());
            if (at >= 0) {
                info.put("owns", Answer.all(nodes, "owns-percent").get(at));
            }
        } catch (IOException e) {
            // Silent, or no member: what it has not told is not known.
        }
        return info;
    }

    private static String known(Map<String, String> info, String name) {
        return info.getOrDefault(name, "-");
    }

    private static String freePercent(Map<String, String> info) {
        double total = Double.parseDouble(info.getOrDefault("disk_total_bytes", "0"));
        return total == 0 ? "-" : String.format(Locale.ROOT, "%.0f", 100 * Double.parseDouble(info.getOrDefault("disk_free_bytes", "0")) / total);
    }

    private static void print(PrintStream out, Object... columns) {
        out.println(String.format(Locale.ROOT, FORMAT, columns).stripTrailing());
    }
}
