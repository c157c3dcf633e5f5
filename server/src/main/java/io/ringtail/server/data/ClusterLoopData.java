package io.ringtail.server.data;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.node.DataLoop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.server.command.LoopData;
import io.ringtail.server.peer.LoopLinks;
import org.jspecify.annotations.Nullable;

/** One event loop's part of the cluster, and the links it is reached by. Confined to the loop. */
final class ClusterLoopData implements LoopData {
    private final DataLoop data;
    private final LoopLinks links;

    ClusterLoopData(DataLoop data, LoopLinks links) {
        this.data = data;
        this.links = links;
    }

    @Override
    public DataSession session() {
        return data.session();
    }

    @Override
    public void sendRequests() {
        data.sendRequests();
        links.flush();
    }

    @Override
    public void endTurn(long position, @Nullable String failure) {
        data.endTurn(position, failure);
        links.endTurn();
    }

    @Override
    public void durable(long position) {
        data.durable(position);
        links.flush();
    }

    @Override
    public void durableNoMore(String failure) {
        data.durableNoMore(failure);
        links.flush();
    }

    void hintsDurable(long position) {
        data.hintsDurable(position);
        links.flush();
    }

    void hintsDurableNoMore(String failure) {
        data.hintsDurableNoMore(failure);
        links.flush();
    }

    @Override
    public void answerForwarded(ReplyPath to, long id, byte[] reply, int offset, int size) {
        data.answerForward(to, id, reply, offset, size);
    }

    @Override
    public void close() {
        data.close();
    }
}
