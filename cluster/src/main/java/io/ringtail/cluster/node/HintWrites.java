package io.ringtail.cluster.node;

import io.ringtail.cluster.hint.HintBatch;
import io.ringtail.cluster.hint.HintSender;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.Member;
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

    @Override
    public boolean send(long target, HintBatch batch, Consumer<Boolean> acknowledged) {
        DataLoop loop = carrier.get();
        // What a member refuses for a time too far ahead stays refused: it is not worth another try.
        loop.loop().execute(() ->
                send(target, batch, new AwaitedAnswers(loop.calls(), control, timeoutMillis, (type, body) -> true, acknowledged)));
        return true;
    }

    /** On the carrier's loop. */
    private void send(long target, HintBatch batch, AwaitedAnswers answers) {
        List<Integer> floors = new ArrayList<>();
        List<Integer> strays = new ArrayList<>();
        List<Integer> records = new ArrayList<>();
        Ring ring = ringView.ring();
        long epoch = ring.epoch();
        int targetIndex = ring.topology().indexOf(target);
        for (int i = 0; i < batch.count(); i++) {
            if (batch.isFloor(i)) {
                floors.add(i);
            } else if (isStray(replicas(ring, batch.key(i, key)), targetIndex)) {
                strays.add(i);
            } else {
                records.add(i);
            }
        }
        if (!records.isEmpty()) {
            answers.send(target, write(epoch, batch, records));
        }
        bringStrays(ring, batch, strays, answers);
        for (long memberId : floors.isEmpty() ? List.<Long>of() : tellOfFloors(ring, target)) {
            for (int index : floors) {
                answers.send(memberId, ReplicaMessages.clear(message, epoch, batch.floorHlc(index), batch.floorDatabase(index)));
            }
        }
        answers.allSent();
    }

    private MessageWriter write(long epoch, HintBatch batch, List<Integer> indexes) {
        ReplicaMessages.beginWrite(message, epoch, clock.nowHlc(), indexes.size());
        for (int index : indexes) {
            ReplicaMessages.addRecord(message, batch.key(index, key), batch.record(index, record));
        }
        return message;
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
    private void bringStrays(Ring ring, HintBatch batch, List<Integer> strays, AwaitedAnswers answers) {
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
                bringHere(batch, indexes, answers);
                return;
            }
            answers.send(memberId, write(ring.epoch(), batch, indexes));
        });
    }

    private void bringHere(HintBatch batch, List<Integer> indexes, AwaitedAnswers answers) {
        Loop loop = carrier.get().loop();
        answers.awaitOneMore();
        boolean taken = loop.offload(() -> {
            boolean kept = here.keep(batch, indexes);
            loop.execute(() -> answers.answered(kept));
        });
        if (!taken) {
            answers.answered(false);
        }
    }
}
