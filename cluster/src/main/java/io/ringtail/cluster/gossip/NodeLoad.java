package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;

/**
 * How busy a node is, and what it speaks: what nodes tell of themselves from version 2 of the protocol on. Immutable.
 *
 * @param protocolVersion the newest it speaks; 0 when nothing of this is known
 * @param cpuPermille of what all processors of its machine could do, the process' own share, of late
 * @param busyPermille of the time, how much its busiest event loop was at work, of late
 * @param memoryBytes of the process that are in memory
 * @param diskFreeBytes where its data are
 * @param diskTotalBytes there
 * @param repairAgeSeconds since it had last compared all it holds with every other replica, or since its start
 */
public record NodeLoad(
        long protocolVersion,
        long cpuPermille,
        long busyPermille,
        long memoryBytes,
        long diskFreeBytes,
        long diskTotalBytes,
        long repairAgeSeconds) {
    /** Of a node that has not told. */
    public static final NodeLoad UNKNOWN = new NodeLoad(0, 0, 0, 0, 0, 0, 0);

    /** Bytes it takes at most. */
    static final int SIZE_LIMIT = 7 * Numbers.SIZE_LIMIT;

    public NodeLoad {
        if ((protocolVersion | cpuPermille | busyPermille | memoryBytes | diskFreeBytes | diskTotalBytes | repairAgeSeconds) < 0) {
            throw new IllegalArgumentException("a figure of a node's load is negative");
        }
    }

    public boolean isKnown() {
        return protocolVersion > 0;
    }

    void write(MessageWriter out) {
        Numbers.write(out, protocolVersion);
        Numbers.write(out, cpuPermille);
        Numbers.write(out, busyPermille);
        Numbers.write(out, memoryBytes);
        Numbers.write(out, diskFreeBytes);
        Numbers.write(out, diskTotalBytes);
        Numbers.write(out, repairAgeSeconds);
    }

    /** @throws MalformedMessageException when it is anything else than what {@link #write} wrote */
    static NodeLoad read(MessageReader in) {
        return new NodeLoad(
                Numbers.read(in), Numbers.read(in), Numbers.read(in), Numbers.read(in), Numbers.read(in), Numbers.read(in), Numbers.read(in));
    }
}
