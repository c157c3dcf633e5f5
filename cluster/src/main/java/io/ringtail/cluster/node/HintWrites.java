package io.ringtail.cluster.node;

import io.ringtail.cluster.hint.HintBatch;
import io.ringtail.cluster.hint.HintSender;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Sends hints as what they once were: records in one {@code WRITE}, each clearing of a database as a {@code CLEAR}. What the member refuses because it has something
 * later has done its duty too.
 *
 * <p>They go over an event loop's links, as all writes do; what becomes of them is told on the control loop, which asks.
 */
final class HintWrites implements HintSender {
    /** This node as a replica. */
    interface OwnReplica {
        /** Merges some of a batch's records and syncs the log; whether that worked. Blocks. */
        boolean keep(HintBatch batch, List<Integer> indexes);
    }

    private final long selfId;
    private final OwnReplica here;
    private final Supplier<DataLoop> carrier;
    private final Loop control;
    private final RingView ringView;
    private final ReplicaClock clock;
    private final long timeoutMillis;
    private final MessageWriter message = new MessageWriter();
    private final Key key = new Key();
    private final Record record = new Record();

    /**
     * @param carrier the loop whose links are used; {@code control} is where outcomes are told
     * @param here what merges that of which this node has become a replica
     */
    HintWrites(
            long selfId,
            Supplier<DataLoop> carrier,
            Loop control,
            RingView ringView,
            ReplicaClock clock,
            OwnReplica here,
            long timeoutMillis) {
        this.selfId = selfId;
        this.here = here;
        this.carrier = carrier;
        this.control = control;
        this.ringView = ringView;
        this.clock = clock;
        this.timeoutMillis = timeoutMillis;
    }

    /** Waits for the answers to all messages of one batch. */
    private final class Delivery implements Calls.Callback {
        private final Consumer<Boolean> acknowledged;
        private int unanswered;
        private boolean failed;

        Delivery(Consumer<Boolean> acknowledged) {
            this.acknowledged = acknowledged;
        }

        @Override
        public void replied(long memberId, MessageType type, MessageReader body) {
            // An entry refused for a time too far ahead stays refused: it is not worth another try.
            answered(ReplyStatus.of(body.readByte()) == ReplyStatus.DONE);
        }

        @Override
        public void failed(long memberId, boolean timedOut) {
            answered(false);
        }

        private void answered(boolean successful) {
            failed |= !successful;
            if (--unanswered == 0) {
                boolean done = !failed;
                control.execute(() -> acknowledged.accept(done));
            }
        }
    }

    @Override
    public boolean send(long target, HintBatch batch, Consumer<Boolean> acknowledged) {
        DataLoop loop = carrier.get();
        loop.loop().execute(() -> send(loop.calls(), target, batch, new Delivery(acknowledged)));
        return true;
    }

    /** On the carrier's loop. */
    private void send(Calls calls, long target, HintBatch batch, Delivery delivery) {
        List<Integer> floors = new ArrayList<>();
        List<Integer> strays = new ArrayList<>();
        int records = 0;
        Ring ring = ringView.ring();
        long epoch = ring.epoch();
        int targetIndex = ring.topology().indexOf(target);
        // This one until all are sent, so that an answer that comes at once is not taken for the last.
        delivery.unanswered = 1;
        Calls.begin(message, MessageType.WRITE).writeLong(epoch).writeLong(clock.nowHlc());
        int countAt = message.size();
        message.writeInt(0);
        for (int i = 0; i < batch.count(); i++) {
            if (batch.isFloor(i)) {
                floors.add(i);
            } else if (isStray(replicas(ring, batch.key(i, key)), targetIndex)) {
                strays.add(i);
            } else {
                message.writeByte(0).writeKey(batch.key(i, key)).writeRecord(batch.record(i, record));
                records++;
            }
        }
        message.setInt(countAt, records);
        if (records > 0) {
            send(calls, target, delivery);
        }
        bringStrays(calls, ring, batch, strays, delivery);
        for (long memberId : floors.isEmpty() ? List.<Long>of() : tellOfFloors(ring, target)) {
            for (int index : floors) {
                Calls.begin(message, MessageType.CLEAR)
                        .writeLong(epoch)
                        .writeLong(batch.floorHlc(index))
                        .writeByte(batch.floorDatabase(index));
                send(calls, memberId, delivery);
            }
        }
        delivery.answered(true);
    }

    /** Who is to be told of a clearing that a member has missed: the member; while partitions are handed over all others, too, some of which it may have told nothing of it. */
    private List<Long> tellOfFloors(Ring ring, long target) {
        List<Member> members = ring.topology().members();
        boolean moving = ring.topology().transition().isMoving();
        return members.stream().map(Member::id).filter(id -> id == target || (moving && id != selfId)).toList();
    }

    /** Whether the target does not have the key, or may soon have it no more: while a partition is handed over what its target has been sent may have been sent on already. */
    private static boolean isStray(ReplicaSet replicas, int targetIndex) {
        return !replicas.contains(targetIndex) || replicas.receivers().length > 0;
    }

    private static ReplicaSet replicas(Ring ring, Key of) {
        return ring.replicas(ring.keyspace(of.bytes(), of.userKeyOffset(), of.userKeySize()), of.token());
    }

    /**
     * Brings what the target does not have any more, because its partition was handed over or it has gone, to all who have it now: in a sloppy keyspace the hint may be
     * all that is left of an acknowledged write.
     */
    private void bringStrays(Calls calls, Ring ring, HintBatch batch, List<Integer> strays, Delivery delivery) {
        Map<Integer, List<Integer>> byMember = new TreeMap<>();
        for (int index : strays) {
            ReplicaSet replicas = replicas(ring, batch.key(index, key));
            for (int i = 0; i < replicas.count(); i++) {
                byMember.computeIfAbsent(replicas.preference()[i], unused -> new ArrayList<>()).add(index);
            }
        }
        byMember.forEach((member, indexes) -> {
            long memberId = ring.topology().members().get(member).id();
            if (memberId == selfId) {
                bringHere(batch, indexes, delivery);
                return;
            }
            Calls.begin(message, MessageType.WRITE).writeLong(ring.epoch()).writeLong(clock.nowHlc()).writeInt(indexes.size());
            for (int index : indexes) {
                message.writeByte(0).writeKey(batch.key(index, key)).writeRecord(batch.record(index, record));
            }
            send(calls, memberId, delivery);
        });
    }

    private void bringHere(HintBatch batch, List<Integer> indexes, Delivery delivery) {
        Loop loop = carrier.get().loop();
        delivery.unanswered++;
        boolean taken = loop.offload(() -> {
            boolean kept = here.keep(batch, indexes);
            loop.execute(() -> delivery.answered(kept));
        });
        if (!taken) {
            delivery.answered(false);
        }
    }

    private void send(Calls calls, long target, Delivery delivery) {
        if (calls.send(target, message, timeoutMillis, delivery)) {
            delivery.unanswered++;
        } else {
            delivery.failed = true;
        }
    }
}
