package io.ringtail.bench.changes;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.local.Answer;
import io.ringtail.server.local.NodeClient;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What nodes have sent each other to hand partitions over, as {@code RT.TRANSFERS} counts it. Looked at again and again: a node that leaves takes its count with it. Confined to
 * one thread.
 */
final class SentBytes {
    private static final int TIMEOUT_MILLIS = 5_000;

    private final Map<String, Long> first = new HashMap<>();
    private final Map<String, Long> last = new HashMap<>();

    /** Asks a node how much each has sent; how many partitions have yet to move. */
    int look(int port) throws IOException {
        try (NodeClient client = new NodeClient(port, TIMEOUT_MILLIS)) {
            Reply answer = client.call("RT.TRANSFERS");
            List<String> ids = Answer.all(answer, "id");
            List<String> sent = Answer.all(answer, "bytes-sent");
            for (int i = 0; i < ids.size() && i < sent.size(); i++) {
                long bytes = Long.parseLong(sent.get(i));
                // One that does not answer counts as 0 there, and so does one that was started again.
                if (bytes >= last.getOrDefault(ids.get(i), 0L)) {
                    last.put(ids.get(i), bytes);
                }
                Long ignored = first.putIfAbsent(ids.get(i), bytes);
            }
            return Integer.parseInt(Answer.all(answer, "partitions-to-move").getFirst());
        }
    }

    /** All that has been sent since the first look. */
    long bytes() {
        return last.entrySet().stream().mapToLong(each -> each.getValue() - first.getOrDefault(each.getKey(), 0L)).sum();
    }
}
