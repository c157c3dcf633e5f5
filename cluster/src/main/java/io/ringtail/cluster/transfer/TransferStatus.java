package io.ringtail.cluster.transfer;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node tells of what it hands over, in a {@code TRANSFERS_REPLY}. Immutable.
 *
 * <pre>
 *   epoch (8) · done (4) · wanted (4) · held up (4) · records (8) · bytes (8) · bytes a second (8) · hints (8) · count (4) · job …
 *   job = varint partition · target (8)          those that are done
 * </pre>
 *
 * @param hintsWaiting writes that the node keeps for other members
 */
public record TransferStatus(Transfers.Progress progress, long hintsWaiting, List<Transfers.Job> done) {
    /** Jobs of one node: each partition under way and those before it, to as many members as may become replicas. */
    static final int MAX_JOBS = 1 << 18;

    public TransferStatus {
        done = List.copyOf(done);
    }

    public void write(MessageWriter out) {
        out.writeLong(progress.epoch()).writeInt(progress.done()).writeInt(progress.wanted()).writeInt(progress.heldUp());
        out.writeLong(progress.records()).writeLong(progress.bytes()).writeLong(progress.bytesPerSecond());
        out.writeLong(hintsWaiting);
        out.writeInt(done.size());
        for (Transfers.Job job : done) {
            out.writeVarint(job.partition()).writeLong(job.target());
        }
    }

    /** @throws MalformedMessageException when it is anything else */
    public static TransferStatus read(MessageReader in) {
        Transfers.Progress progress = new Transfers.Progress(
                in.readLong(), in.readInt(), in.readInt(), in.readInt(), in.readLong(), in.readLong(), in.readLong());
        long hintsWaiting = in.readLong();
        int count = in.readInt();
        if (count < 0 || count > MAX_JOBS) {
            throw new MalformedMessageException(count + " transfers");
        }
        List<Transfers.Job> done = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            done.add(new Transfers.Job(in.readVarint(Topology.MAX_PARTITIONS), in.readLong()));
        }
        in.finish();
        return new TransferStatus(progress, hintsWaiting, done);
    }
}
