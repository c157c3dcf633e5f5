package io.ringtail.server.peer;

import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a node's links are told of the node, and their bounds. Immutable.
 *
 * @param incarnation greater at each start of the node
 * @param secret empty for none
 * @param bind addresses to listen on: names, literals, or {@code *}; with a {@code -} before it, one that may be missing
 * @param port 0 for any free one
 * @param timeoutMillis a peer that was silent for so long is not responsive
 * @param closeAfterMillis a connection that was silent, or did not get rid of a byte, for so long is closed
 * @param handshakeMillis within which a connection must be established
 * @param retryMillisMax between two attempts to connect
 * @param contactIdleMillis after which a link to a node that is no member ends
 * @param queueBytes that may wait to be sent on one connection, and one message more
 * @param frameBytesMax of one message
 */
public record PeerOptions(
        long nodeId,
        long incarnation,
        String clusterName,
        String secret,
        List<String> bind,
        int port,
        int timeoutMillis,
        int closeAfterMillis,
        int handshakeMillis,
        int retryMillisMax,
        int contactIdleMillis,
        long queueBytes,
        int frameBytesMax) {
    private static final int CLOSE_AFTER_MILLIS = 5000;
    private static final int HANDSHAKE_MILLIS = 3000;
    private static final int RETRY_MILLIS_MAX = 2000;
    private static final int CONTACT_IDLE_MILLIS = 60_000;
    private static final int PORT_DISTANCE = 10_000;

    public PeerOptions {
        if (nodeId <= 0 || nodeId >= 1L << 48) {
            throw new IllegalArgumentException("node id " + nodeId + " is not of 48 bits");
        }
        int nameSize = clusterName.getBytes(StandardCharsets.UTF_8).length;
        if (nameSize < 1 || nameSize > Handshake.CLUSTER_NAME_SIZE_MAX) {
            throw new IllegalArgumentException("cluster name of " + nameSize + " bytes");
        }
        bind = List.copyOf(bind);
    }

    /** As configured. @param clientPort the one that clients are really served at */
    public static PeerOptions of(Configuration configuration, long nodeId, long incarnation, int clientPort) {
        String bind = configuration.text(Settings.NODE_BIND).strip();
        int timeoutMillis = configuration.integer(Settings.PEER_TIMEOUT);
        return new PeerOptions(
                nodeId,
                incarnation,
                configuration.text(Settings.CLUSTER_NAME),
                configuration.text(Settings.CLUSTER_SECRET),
                bind.isEmpty() ? configuration.words(Settings.BIND) : List.of(bind.split("\\s+", -1)),
                port(configuration, clientPort),
                timeoutMillis,
                Math.max(CLOSE_AFTER_MILLIS, 2 * timeoutMillis),
                HANDSHAKE_MILLIS,
                RETRY_MILLIS_MAX,
                CONTACT_IDLE_MILLIS,
                configuration.number(Settings.PEER_QUEUE_BYTES),
                configuration.integer(Settings.NODE_FRAME_BYTES_MAX));
    }

    /** The node port that belongs to a client port: a fixed distance from it, so that whoever knows one knows the other; any free one when the client port is any. */
    private static int port(Configuration configuration, int clientPort) {
        String port = configuration.text(Settings.NODE_PORT);
        if (!port.equals("auto")) {
            return Integer.parseInt(port);
        }
        if (configuration.integer(Settings.PORT) == 0) {
            return 0;
        }
        return clientPort + PORT_DISTANCE <= 65535 ? clientPort + PORT_DISTANCE : clientPort - PORT_DISTANCE;
    }
}
