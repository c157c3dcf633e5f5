package io.ringtail.cluster.node;

import io.ringtail.cluster.hint.HintBatch;
import io.ringtail.cluster.hint.HintSender;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Sends hints as what they once were: records in one {@code WRITE}, each clearing of a database as a {@code CLEAR}. What the member refuses because it has something
 * later has done its duty too. Confined to the control loop.
 */
final class HintWrites implements HintSender {
    private final Calls calls;
    private final RingView ringView;
    private final ReplicaClock clock;
    private final long timeoutMillis;
    private final MessageWriter message = new MessageWriter();
    private final Key key = new Key();
    private final Record record = new Record();

    HintWrites(Calls calls, RingView ringView, ReplicaClock clock, long timeoutMillis) {
        this.calls = calls;
        this.ringView = ringView;
        this.clock = clock;
        this.timeoutMillis = timeoutMillis;
    }

    /** Waits for the answers to all messages of one batch. */
    private static final class Delivery implements Calls.Callback {
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
                acknowledged.accept(!failed);
            }
        }
    }

    @Override
    public boolean send(long target, HintBatch batch, Consumer<Boolean> acknowledged) {
        Delivery delivery = new Delivery(acknowledged);
        List<Integer> floors = new ArrayList<>();
        int records = 0;
        long epoch = ringView.ring().epoch();
        Calls.begin(message, MessageType.WRITE).writeLong(epoch).writeLong(clock.nowHlc());
        int countAt = message.size();
        message.writeInt(0);
        for (int i = 0; i < batch.count(); i++) {
            if (batch.isFloor(i)) {
                floors.add(i);
            } else {
                message.writeByte(0).writeKey(batch.key(i, key)).writeRecord(batch.record(i, record));
                records++;
            }
        }
        message.setInt(countAt, records);
        if (records > 0) {
            if (!calls.send(target, message, timeoutMillis, delivery)) {
                return false;
            }
            delivery.unanswered++;
        }
        for (int index : floors) {
            Calls.begin(message, MessageType.CLEAR)
                    .writeLong(epoch)
                    .writeLong(batch.floorHlc(index))
                    .writeByte(batch.floorDatabase(index));
            if (calls.send(target, message, timeoutMillis, delivery)) {
                delivery.unanswered++;
            } else {
                delivery.failed = true;
            }
        }
        return delivery.unanswered > 0;
    }
}
