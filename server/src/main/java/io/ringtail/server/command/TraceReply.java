package io.ringtail.server.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.quorum.RequestTrace;
import io.ringtail.protocol.ReplyWriter;
import java.util.List;

/** The reply to {@code RT.TRACE}: the command's own, and beside it a map of who carried it out, of what epoch, and what happened. Pure. */
public final class TraceReply {
    private TraceReply() {}

    /** {@code reply[offset, offset + size)} and the trace, encoded as one reply. */
    public static byte[] of(
            Services services, RequestTrace trace, int protocolVersion, byte[] reply, int offset, int size) {
        ReplyWriter out = new ReplyWriter();
        out.protocolVersion(protocolVersion);
        out.arrayHeader(2);
        out.raw(reply, offset, size);
        ClusterView cluster = services.data().cluster();
        out.mapHeader(4);
        out.bulk("coordinator");
        out.bulk(NodeIds.name(services.data().nodeId()));
        out.bulk("epoch");
        out.integer(cluster == null || !cluster.node().isMember() ? 0 : cluster.node().ring().epoch());
        out.bulk("lost-steps");
        out.integer(trace.lostCount());
        out.bulk("steps");
        List<RequestTrace.Step> steps = trace.steps();
        out.arrayHeader(steps.size());
        for (RequestTrace.Step step : steps) {
            out.arrayHeader(4);
            out.integer(step.nanos() / 1000);
            out.bulk(step.memberId() == 0 ? "" : NodeIds.name(step.memberId()));
            out.bulk(step.what());
            out.bulk(step.detail());
        }
        ByteBuf wire = out.drain(UnpooledByteBufAllocator.DEFAULT);
        if (wire == null) {
            throw new IllegalStateException("nothing was written");
        }
        byte[] bytes = new byte[wire.readableBytes()];
        wire.readBytes(bytes);
        wire.release();
        return bytes;
    }
}
