package io.ringtail.cluster.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node hands over, to whom, and what it does when that does not work. */
class TransfersTest {
    private static final long SELF = 1;
    private static final int PARTITIONS = 64;
    private static final long HLC = HybridLogicalClock.lastOf(1_700_000_000_000L);

    private final ManualLoop loop = new ManualLoop();
    private final KnownCarrier carrier = new KnownCarrier(loop);
    private final List<String> failures = new ArrayList<>();
    private long hints;
    private Store store;
    private Transfers transfers;

    @BeforeEach
    void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/node"))
                        .withFileSystem(new SimulatedFileSystem())
                        .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                        .withoutThreads(),
                StoreListener.NONE);
        transfers = new Transfers(
                SELF, store, Ring.of(of(2, 1)), loop, carrier, 50 << 20, Set.of(), () -> hints,
                new StoreListener() {
                    @Override
                    public void backgroundFailure(String what, IOException cause) {
                        failures.add(what + ": " + cause.getMessage());
                    }
                });
        transfers.start();
    }

    @AfterEach
    void close() throws IOException {
        transfers.stop();
        store.close();
    }

    private static Topology of(int members, int replicas) {
        List<Member> all = new ArrayList<>();
        for (int i = 1; i <= members; i++) {
            all.add(new Member(i, "h", 1, 1, 1, ""));
        }
        Keyspace keyspace = new Keyspace("", replicas, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
        return new Topology(1, "c", 1, all, new int[PARTITIONS], List.of(keyspace));
    }

    /** All partitions of this node go to others in turn. */
    private static Topology givingAll(Topology topology, long... to) {
        List<Transition.Move> moves = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            moves.add(new Transition.Move(i, to[i % to.length]));
        }
        return topology.next(topology.transition().withMoves(moves));
    }

    private static Topology giving(Topology topology, int partition, long to) {
        return topology.next(topology.transition().withMoves(List.of(new Transition.Move(partition, to))));
    }

    private int put(String name) {
        Key key = new Key().set(0, name.getBytes(StandardCharsets.UTF_8));
        byte[] value = {1};
        store.writeLock().lock();
        try (StoreSession session = store.session()) {
            session.merge(key, new Record().setValue(HLC, 7, 0, value, 0, 1));
        } finally {
            store.writeLock().unlock();
        }
        return of(1, 1).partitionOf(key.token());
    }

    private Transfers.Progress progress() {
        return transfers.status().progress();
    }

    @Test
    void whatIsHereIsBroughtAndFourAtATime() {
        for (int i = 0; i < 300; i++) {
            int ignored = put("k" + i);
        }
        transfers.ringChanged(Ring.of(givingAll(of(3, 1), 2, 3)));
        loop.pass(1_000);
        assertThat(progress().done()).isEqualTo(PARTITIONS);
        assertThat(carrier.sent.stream().filter(each -> each.startsWith("write")).toList()).hasSize(300).doesNotHaveDuplicates();
        assertThat(carrier.mostUnderWay).isEqualTo(4);
    }

    @Test
    void whoHandsOverRestsThreeTimesAsLongAsEachPageTook() {
        for (int i = 0; i < 300; i++) {
            int ignored = put("k" + i);
        }
        transfers.ringChanged(Ring.of(givingAll(of(3, 1), 2, 3)));
        // The first look is after 50 ms. Of each partition a clearing, a comparison and a write take 3 ms together, the page 2 of them, four partitions at a time.
        loop.pass(50 + PARTITIONS / 4 * 3 + 20);
        assertThat(progress().done()).as("without rests all would be done").isLessThan(PARTITIONS / 2);
        loop.pass(PARTITIONS / 4 * 6);
        assertThat(progress().done()).isEqualTo(PARTITIONS);
    }

    @Test
    void replicasThatHoldTheSameDoNotSendItTwice() {
        for (int i = 0; i < 300; i++) {
            int ignored = put("k" + i);
        }
        int[] owners = new int[PARTITIONS];
        Arrays.setAll(owners, i -> i % 2);
        Topology two = of(3, 2);
        Topology shared = new Topology(1, "c", 1, two.members(), owners, two.keyspaces());
        Ring moving = Ring.of(givingAll(shared, 3));
        Transfers other = new Transfers(2, store, moving, loop, carrier, 50 << 20, Set.of(), () -> 0, StoreListener.NONE);
        other.start();
        transfers.ringChanged(moving);
        other.ringChanged(moving);
        loop.pass(1_000);
        other.stop();
        assertThat(progress().done()).isEqualTo(PARTITIONS);
        assertThat(other.status().progress().done()).isEqualTo(PARTITIONS);
        assertThat(carrier.sent.stream().filter(each -> each.startsWith("write")).toList()).hasSize(300).doesNotHaveDuplicates();
    }

    @Test
    void oneThatDoesNotAnswerHoldsUpNobodyElse() {
        carrier.failing.add(2L);
        transfers.ringChanged(Ring.of(givingAll(of(3, 1), 2, 3)));
        loop.pass(3_000);
        assertThat(progress().done()).isEqualTo(PARTITIONS / 2);
        carrier.failing.clear();
        loop.pass(10_000);
        assertThat(progress().done()).as("it is tried again").isEqualTo(PARTITIONS);
    }

    @Test
    void whatIsDoneStaysDoneThroughEpochsThatChangeSomethingElse() {
        Topology giving = givingAll(of(3, 1), 2, 3);
        transfers.ringChanged(Ring.of(giving));
        loop.pass(1_000);
        carrier.sent.clear();
        Topology later = giving.next(giving.transition().withPaused(true));
        transfers.ringChanged(Ring.of(later));
        loop.pass(1_000);
        assertThat(carrier.sent).isEmpty();
        assertThat(progress()).extracting(Transfers.Progress::done, Transfers.Progress::epoch).containsExactly(PARTITIONS, later.epoch());
    }

    @Test
    void whatWasDoneAndIsNotWantedAnyMoreIsCountedNoMore() {
        Topology topology = of(3, 1);
        transfers.ringChanged(Ring.of(givingAll(topology, 2, 3)));
        loop.pass(1_000);
        Topology one = giving(topology, 5, 2);
        transfers.ringChanged(Ring.of(one));
        assertThat(progress()).extracting(Transfers.Progress::done, Transfers.Progress::wanted).containsExactly(0, 1);
        loop.pass(1_000);
        assertThat(progress()).extracting(Transfers.Progress::done, Transfers.Progress::wanted).containsExactly(1, 1);
    }

    @Test
    void aRecordFromTheFutureIsTriedUntilTheOthersClockIsThereAndComplainedOfOnceAMinute() {
        int partition = put("a");
        carrier.written = RecordCarrier.Written.TOO_FAR_AHEAD;
        transfers.ringChanged(Ring.of(giving(of(3, 1), partition, 2)));
        loop.pass(1_000);
        assertThat(progress().heldUp()).isEqualTo(1);
        assertThat(failures).hasSize(1);
        assertThat(failures.getFirst())
                .contains("partition " + partition + " to node 000000000002", "2023-11-14T22:13:20Z", "clock-drift-max");
        loop.pass(150_000);
        assertThat(progress().done()).isZero();
        assertThat(failures).as("in 151 seconds").hasSize(3);
        carrier.written = null;
        loop.pass(10_000);
        assertThat(progress()).extracting(Transfers.Progress::done, Transfers.Progress::heldUp).containsExactly(1, 0);
        assertThat(failures).hasSize(3);
    }

    @Test
    void whoAsksIsToldHowManyHintsAreKeptAndWhatIsDone() {
        transfers.ringChanged(Ring.of(giving(of(3, 1), 5, 2)));
        loop.pass(1_000);
        hints = 9;
        assertThat(told(false).hintsWaiting()).isEqualTo(9);
        assertThat(told(false).done()).isEmpty();
        assertThat(told(true).done()).containsExactly(new Transfers.Job(5, 2));
        assertThat(told(true)).isEqualTo(transfers.status());
    }

    private TransferStatus told(boolean withJobs) {
        MessageWriter question = new MessageWriter().begin(MessageType.TRANSFERS).writeLong(7).writeBoolean(withJobs);
        MessageReader body = new MessageReader();
        assertThat(body.begin(question.bytes(), 0, question.size())).isEqualTo(MessageType.TRANSFERS);
        List<TransferStatus> answers = new ArrayList<>();
        transfers.request(
                new ReplyPath() {
                    @Override
                    public long memberId() {
                        return 2;
                    }

                    @Override
                    public void send(byte[] message, int offset, int size) {
                        MessageReader answer = new MessageReader();
                        assertThat(answer.begin(message, offset, size)).isEqualTo(MessageType.TRANSFERS_REPLY);
                        assertThat(answer.readLong()).isEqualTo(7);
                        answers.add(TransferStatus.read(answer));
                    }
                },
                body);
        return answers.getFirst();
    }
}
