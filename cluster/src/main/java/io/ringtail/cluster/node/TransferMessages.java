package io.ringtail.cluster.node;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.transfer.RecordCarrier;
import io.ringtail.cluster.transfer.TransferPage;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries what is handed over in the messages of every day: versions in a {@code CONFIRM}, records in a {@code WRITE}, clearings in {@code CLEAR}s.
 *
 * <p>They go over an event loop's links, as all of these do; what becomes of them is told on the control loop, which asks.
 */
final class TransferMessages implements RecordCarrier {
    private final Supplier<DataLoop> carrier;
    private final Loop control;
    private final ReplicaClock clock;
    private final long timeoutMillis;

    // Of the carrier's loop.
    private final MessageWriter message = new MessageWriter();
    private final Key key = new Key();
    private final Record record = new Record();
    private final Digest digest = new Digest();

    TransferMessages(Supplier<DataLoop> carrier, Loop control, ReplicaClock clock, long timeoutMillis) {
        this.carrier = carrier;
        this.control = control;
        this.clock = clock;
        this.timeoutMillis = timeoutMillis;
    }

    @Override
    public void compare(long memberId, long epoch, TransferPage page, Consumer<@Nullable BitSet> told) {
        DataLoop loop = carrier.get();
        loop.loop().execute(() -> {
            Calls.begin(message, MessageType.CONFIRM).writeLong(epoch).writeLong(clock.nowHlc()).writeInt(page.count());
            for (int i = 0; i < page.count(); i++) {
                message.writeKey(page.key(i, key));
                digest.set(page.record(i, record)).write(message);
            }
            boolean sent = loop.calls().send(memberId, message, timeoutMillis, new Calls.Callback() {
                @Override
                public void replied(long from, MessageType type, MessageReader body) {
                    tell(differing(page.count(), body));
                }

                @Override
                public void failed(long from, boolean timedOut) {
                    tell(null);
                }

                private void tell(@Nullable BitSet differing) {
                    control.execute(() -> told.accept(differing));
                }
            });
            if (!sent) {
                control.execute(() -> told.accept(null));
            }
        });
    }

    private static @Nullable BitSet differing(int count, MessageReader body) {
        if (ReplyStatus.of(body.readByte()) != ReplyStatus.DONE) {
            return null;
        }
        BitSet differing = new BitSet(count);
        int announced = body.readInt();
        if (announced < 0 || announced > count) {
            throw new MalformedMessageException(announced + " of " + count + " versions differ");
        }
        for (int i = 0; i < announced; i++) {
            differing.set(body.readVarint(count - 1));
        }
        body.finish();
        return differing;
    }

    @Override
    public void write(long memberId, long epoch, TransferPage page, BitSet which, ObjIntConsumer<Written> told) {
        DataLoop loop = carrier.get();
        loop.loop().execute(() -> {
            ReplicaMessages.beginWrite(message, epoch, clock.nowHlc(), which.cardinality());
            for (int i = which.nextSetBit(0); i >= 0; i = which.nextSetBit(i + 1)) {
                ReplicaMessages.addRecord(message, page.key(i, key), page.record(i, record));
            }
            Refusals refusals = new Refusals();
            AwaitedAnswers answers = new AwaitedAnswers(loop.calls(), control, timeoutMillis, refusals, successful -> {
                int index = refusals.tooFarAhead;
                if (successful) {
                    told.accept(Written.TAKEN, -1);
                } else if (index >= 0 && index < which.cardinality()) {
                    told.accept(Written.TOO_FAR_AHEAD, which.stream().skip(index).findFirst().orElseThrow());
                } else {
                    told.accept(Written.FAILED, -1);
                }
            });
            answers.send(memberId, message);
            answers.allSent();
        });
    }

    @Override
    public void clear(long memberId, long epoch, long[] floors, Consumer<Boolean> told) {
        DataLoop loop = carrier.get();
        loop.loop().execute(() -> {
            AwaitedAnswers answers = new AwaitedAnswers(loop.calls(), control, timeoutMillis, (type, body) -> true, told);
            for (int database = 0; database < floors.length; database++) {
                if (floors[database] != 0) {
                    answers.send(memberId, ReplicaMessages.clear(message, epoch, floors[database], database));
                }
            }
            answers.allSent();
        });
    }

    /** What a member refuses because it holds something later has arrived there all the same; what it thinks comes from the future has not. */
    private static final class Refusals implements AwaitedAnswers.Verdict {
        /** The place, among those sent, of a record that is too far ahead of the member's clock; -1 when there is none. */
        private int tooFarAhead = -1;

        @Override
        public boolean isGood(MessageType type, MessageReader body) {
            int refused = body.readInt();
            for (int i = 0; i < refused; i++) {
                int index = body.readVarint(TransferPage.MAX_RECORDS - 1);
                if (body.readLong() == Replica.REFUSED_FOR_CLOCK) {
                    tooFarAhead = index;
                    return false;
                }
                body.readLong();
            }
            return true;
        }
    }
}
