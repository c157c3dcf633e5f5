package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.register.TopologyAcceptor;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import java.util.HashSet;
import java.util.Set;

/**
 * Spreads what has been decided: tells others our epoch, with the topology or without, and takes theirs. Both sides of a DECIDED end with the newer of the two.
 *
 * <pre>
 *   DECIDED        cluster id (8) · epoch (8) · has topology (1) · [ topology ]      "this is where I am"
 *   DECIDED_REPLY  cluster id (8) · epoch (8) · has topology (1) · [ topology ]      with the topology when it is newer than what was told
 * </pre>
 *
 * One exchange with a member at a time. Confined to the control loop.
 */
final class EpochExchange {
    static final long TIMEOUT_MILLIS = 1_000;

    /** Told what others say. */
    interface Listener {
        /** Takes it if it is newer than what is known. */
        void decidedElsewhere(Topology topology);

        void heardOfOtherCluster(long memberId, long clusterId);
    }

    private final Surroundings surroundings;
    private final Listener listener;
    private final MessageWriter writer = new MessageWriter();
    private final Set<Long> underWay = new HashSet<>();

    EpochExchange(Surroundings surroundings, Listener listener) {
        this.surroundings = surroundings;
        this.listener = listener;
    }

    /** Tells a member our epoch, and hears of its own. */
    void tell(TopologyAcceptor acceptor, long memberId, boolean withTopology) {
        if (underWay.contains(memberId)) {
            return;
        }
        Topology ours = acceptor.decided();
        Calls.begin(writer, MessageType.DECIDED);
        write(ours, withTopology, surroundings.calls().version(memberId));
        Calls.Callback callback = new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                underWay.remove(from);
                long epoch = receive(acceptor, from, body);
                // Told already, it is none the wiser: its disk may have failed. Not again at once.
                boolean wasToldThis = withTopology && ours.epoch() == acceptor.decided().epoch();
                if (epoch < acceptor.decided().epoch() && !wasToldThis) {
                    tell(acceptor, from, true);
                }
            }

            @Override
            public void failed(long from, boolean timedOut) {
                underWay.remove(from);
            }
        };
        if (surroundings.calls().send(memberId, writer, TIMEOUT_MILLIS, callback)) {
            underWay.add(memberId);
        }
    }

    /** Answers a DECIDED, whose type has been read. */
    void request(TopologyAcceptor acceptor, ReplyPath from, long id, MessageReader body) {
        long epoch = receive(acceptor, from.memberId(), body);
        Calls.beginReply(writer, MessageType.DECIDED_REPLY, id);
        write(acceptor.decided(), epoch < acceptor.decided().epoch(), from.version());
        from.send(writer.bytes(), 0, writer.size());
    }

    /** @param version of the protocol that who reads it speaks: what it could not read it is not sent, and goes without until it is upgraded */
    private void write(Topology topology, boolean wholeIfRead, int version) {
        boolean whole = wholeIfRead && TopologyCodec.versionOf(topology) <= version;
        writer.writeLong(topology.clusterId()).writeLong(topology.epoch()).writeBoolean(whole);
        if (whole) {
            TopologyCodec.write(writer, topology);
        }
    }

    /** Takes what another says; returns its epoch, as far as it is any of our business. */
    private long receive(TopologyAcceptor acceptor, long from, MessageReader body) {
        long clusterId = body.readLong();
        long epoch = body.readLong();
        boolean hasTopology = body.readBoolean();
        Topology theirs = hasTopology ? TopologyCodec.read(body) : null;
        body.finish();
        if (clusterId != acceptor.decided().clusterId() || (theirs != null && theirs.clusterId() != clusterId)) {
            listener.heardOfOtherCluster(from, clusterId);
            return Long.MAX_VALUE;
        }
        if (theirs != null) {
            listener.decidedElsewhere(theirs);
        }
        return epoch;
    }
}
