package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.transport.Calls;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An operator's wish that this node and the one at an address be in one cluster, from the first contact until they are, or it is known why not, or the time is up.
 *
 * <p>One of the two has to join the other's cluster, and can only if it is the only one of its own and holds no data: this node, if it can, else the other, which is invited. So nothing that
 * anybody has written is ever given up, and of two clusters with data none is.
 *
 * <ol>
 *   <li>The node is contacted, and asked which cluster it belongs to: a DECIDED without a topology. One that waits to be let in somewhere says nothing.
 *   <li>This node joins, as one does that is started with seeds; or it sends an INVITE, and the other does.
 *   <li>It is over when both are members of one topology that is in force here.
 * </ol>
 *
 * <p>Made by {@link Membership}, one at a time. Confined to the control loop.
 */
final class Meeting {
    private static final long ANSWER_TIMEOUT_MILLIS = 1_000;
    private static final long CONTACT_PAUSE_MILLIS = 1_000;
    /** An operator waits so long at most. */
    private static final long PATIENCE_MILLIS = 8_000;

    /** What this node can do, and does. */
    interface Host {
        Topology inForce();

        /** Why this node cannot join a cluster that is in some epoch; null when it can, and takes no data from now on until it has. */
        @Nullable String beginsToJoin(long epoch);

        void join(Seed by);

        /** Whether a node has asked this one to be let in, and waits. */
        boolean isLettingIn(long memberId);
    }

    private final long self;
    private final Seed seed;
    private final Surroundings surroundings;
    private final Host host;
    private final Consumer<ChangeOutcome> ended;
    private final MessageWriter writer = new MessageWriter();
    private final long deadlineNanos;
    private long contactAtNanos;
    /** Who is at the address; 0 until that is known. */
    private long other;
    private boolean hasAsked;
    private boolean isOver;

    /** @param ended called once, by {@link #tick} or what comes of a message */
    Meeting(long self, Seed seed, Surroundings surroundings, Host host, Consumer<ChangeOutcome> ended) {
        this.self = self;
        this.seed = seed;
        this.surroundings = surroundings;
        this.host = host;
        this.ended = ended;
        this.contactAtNanos = surroundings.loop().nanoTime();
        this.deadlineNanos = contactAtNanos + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    }

    /** Does what is due. */
    void tick() {
        long now = surroundings.loop().nanoTime();
        lookWhetherMet();
        if (isOver) {
            return;
        }
        if (now - deadlineNanos >= 0) {
            end(hasAsked
                    ? new ChangeOutcome.NoMajority()
                    : new ChangeOutcome.Refused("no node was reached at " + seed + ", which has to be where it takes other nodes, or it does not answer"
                            + " because it waits to be let into a cluster itself; the log may say more"));
        } else if (!hasAsked && now - contactAtNanos >= 0) {
            contactAtNanos = now + TimeUnit.MILLISECONDS.toNanos(CONTACT_PAUSE_MILLIS);
            surroundings.links().meet(seed.host(), seed.port(), this::reached);
        }
    }

    /** A topology is in force that was not before. */
    void lookWhetherMet() {
        Topology inForce = host.inForce();
        if (!isOver && other != 0 && inForce.indexOf(self) >= 0 && inForce.indexOf(other) >= 0) {
            end(new ChangeOutcome.Decided(inForce));
        }
    }

    /** Nobody lets this node in. */
    void refused(String reason) {
        end(new ChangeOutcome.Refused(reason));
    }

    private void end(ChangeOutcome outcome) {
        if (!isOver) {
            isOver = true;
            ended.accept(outcome);
        }
    }

    private void reached(long memberId) {
        if (isOver || hasAsked) {
            return;
        }
        other = memberId;
        lookWhetherMet();
        if (isOver) {
            return;
        }
        Topology ours = host.inForce();
        Calls.begin(writer, MessageType.DECIDED);
        writer.writeLong(ours.clusterId()).writeLong(ours.epoch()).writeBoolean(false);
        boolean ignored = surroundings.calls().send(memberId, writer, ANSWER_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                long clusterId = body.readLong();
                long epoch = body.readLong();
                if (body.readBoolean()) {
                    TopologyCodec.read(body);
                }
                body.finish();
                isIn(clusterId, epoch);
            }

            @Override
            public void failed(long from, boolean timedOut) {
                // Contacted again, as long as there is time.
            }
        });
    }

    private void isIn(long clusterId, long epoch) {
        if (isOver || hasAsked) {
            return;
        }
        if (clusterId == host.inForce().clusterId() && epoch > host.inForce().epoch()) {
            // This node has yet to hear of it.
            return;
        }
        if (clusterId == host.inForce().clusterId()) {
            end(new ChangeOutcome.Refused("the node at " + seed + " was removed from this cluster: start it with an empty data directory"));
            return;
        }
        hasAsked = true;
        if (host.isLettingIn(other)) {
            return;
        }
        String objection = host.beginsToJoin(epoch);
        if (objection == null) {
            host.join(seed);
        } else {
            invite("this node cannot join the one at " + seed + ": " + objection);
        }
    }

    private void invite(String whyNotThisNode) {
        int version = surroundings.calls().version(other);
        Topology ours = host.inForce();
        if (version < ProtocolVersion.INVITATIONS) {
            end(new ChangeOutcome.Refused(whyNotThisNode + "; and that one speaks version " + version + " of the protocol between nodes, in which it cannot be invited"));
            return;
        }
        Calls.begin(writer, MessageType.INVITE);
        Member by = Objects.requireNonNull(ours.members().get(ours.indexOf(self)));
        new InviteMessage(ours.epoch(), by).write(writer);
        boolean isSent = surroundings.calls().send(other, writer, ANSWER_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                String objection = InviteMessage.readReply(body);
                if (!objection.isEmpty()) {
                    end(new ChangeOutcome.Refused(whyNotThisNode + "; and that one cannot join this cluster: " + objection));
                }
            }

            @Override
            public void failed(long from, boolean timedOut) {
                // It may have heard it.
            }
        });
        if (!isSent) {
            hasAsked = false;
        }
    }
}
