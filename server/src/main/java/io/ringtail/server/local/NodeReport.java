package io.ringtail.server.local;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What can be told of a node from outside, and what it says itself. Immutable.
 *
 * @param id empty while it is not known
 * @param epoch of the topology it goes by; 0 when it does not say
 * @param members of that; 0 when it does not say
 * @param silence why it does not say, empty when it does
 */
record NodeReport(
        int number, int port, long pid, NodeProcess.State state, String id, long epoch, int members, String silence) {
    private static final int ID_SIZE = 12;
    private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:(\\d+)");
    private static final Pattern MEMBERS = Pattern.compile("cluster_known_nodes:(\\d+)");

    static NodeReport of(LocalNode node) throws IOException {
        NodeProcess process = node.process();
        NodeProcess.State state = process == null ? NodeProcess.State.DEAD : process.state();
        long pid = process == null ? 0 : process.pid();
        long epoch = 0;
        int members = 0;
        String silence = "";
        if (state == NodeProcess.State.RUNNING) {
            try (NodeClient client = node.connect()) {
                String id = client.text("CLUSTER", "MYID");
                node.remember(id.substring(Math.max(0, id.length() - ID_SIZE)));
                String info = client.text("CLUSTER", "INFO");
                epoch = number(EPOCH, info);
                members = (int) number(MEMBERS, info);
            } catch (IOException e) {
                silence = String.valueOf(e.getMessage());
            }
        }
        return new NodeReport(
                node.number(), node.port(), pid, state, Objects.requireNonNullElse(node.id(), ""), epoch, members, silence);
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    static void print(List<NodeReport> reports, PrintStream out) {
        out.println("node  state    address          pid      id            epoch  members");
        for (NodeReport report : reports) {
            out.println(String.format(
                            Locale.ROOT,
                            "%-4d  %-7s  %-15s  %-7s  %-12s  %-5s  %s",
                            report.number,
                            LocalNode.name(report.state),
                            "127.0.0.1:" + report.port,
                            report.pid == 0 || report.state == NodeProcess.State.DEAD ? "-" : Long.toString(report.pid),
                            report.id.isEmpty() ? "-" : report.id,
                            report.epoch == 0 ? "-" : Long.toString(report.epoch),
                            report.members == 0 ? report.silence : Integer.toString(report.members))
                    .stripTrailing());
        }
    }
}
