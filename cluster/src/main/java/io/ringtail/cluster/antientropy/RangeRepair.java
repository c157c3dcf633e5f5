package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.antientropy.CompareMessage.Difference;
import io.ringtail.cluster.antientropy.CompareMessage.Floor;
import io.ringtail.cluster.antientropy.CompareMessage.Group;
import io.ringtail.cluster.antientropy.RangeReader.Wanted;
import io.ringtail.cluster.antientropy.RepairedData.Item;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.TokenBucket;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One conversation: makes what this node and another member hold in some ranges the same, or only tells whether it is.
 *
 * <pre>
 *   nodes ── COMPARE: which hashes differ? ──► children of those, down to the leaves and below, while many keys are left
 *         └─► ranges ── LIST: keys and versions there ──► records to FETCH, and to send as a WRITE
 * </pre>
 *
 * <p>What has been found to differ is mended before anything else is looked at, so that little is remembered: a path down the tree, and two pages of keys. One thing is under way
 * at a time. Where one side holds nothing at all the walk down is cut short and the range is listed at once.
 *
 * <p>It waits for the rate and for clients before each step, and for either side to have hashed what was written since; when that takes {@value #STALLED_MILLIS} ms without getting
 * on, when the member cannot be reached or the topology changes, it ends, and whoever began it tries again another time. Nothing is lost by that: each record is merged by itself.
 *
 * <p>Confined to the loop; what may wait for the disk runs beside it.
 */
final class RangeRepair {
    /** So few keys are listed rather than compared by still smaller ranges. */
    static final int LISTED_KEYS_MAX = 16;

    private static final int CALL_TIMEOUT_MILLIS = 10_000;
    private static final int STALLED_MILLIS = 30_000;
    private static final long RETRY_MILLIS = 50;
    private static final long BUSY_MILLIS = 100;

    /** What all conversations of a node share. {@code isBusy} says that clients are to be let ahead, {@code isStopped} that the node is. */
    record Surroundings(
            Loop loop,
            Calls calls,
            RingView ringView,
            ReplicaClock clock,
            LeafHashes leaves,
            RangeReader reader,
            RepairedData data,
            TokenBucket rate,
            BooleanSupplier isBusy,
            BooleanSupplier isStopped,
            RepairCounters counters) {}

    /** Whose descendants are to be compared next. */
    private record Pending(TreeNode node, int bits, boolean isRoot) {}

    private final Surroundings around;
    private final Loop loop;
    private final long memberId;
    private final List<TreeNode> roots;
    private final int share;
    private final boolean mends;
    private final RepairListener listener;
    private final long epoch;
    private final MessageWriter message = new MessageWriter();

    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Deque<TreeNode> ranges = new ArrayDeque<>();
    private @Nullable Wanted listing;
    private List<Key> toFetch = new ArrayList<>();
    private List<Key> toSend = new ArrayList<>();

    private long progressNanos;
    private boolean ended;
    private long leavesDiffering;
    private long recordsSent;
    private long recordsReceived;
    private long leftOut;
    private long bytes;

    /**
     * @param share whose keys are looked at, as {@link KeyClasses} says
     * @param mends whether what differs is mended; if not, the report counts the roots that differ
     * @param listener told once, not from within {@link #start}
     */
    RangeRepair(
            Surroundings around, long memberId, List<TreeNode> roots, int share, boolean mends, RepairListener listener) {
        this.around = around;
        this.loop = around.loop;
        this.memberId = memberId;
        this.roots = List.copyOf(roots);
        this.share = share;
        this.mends = mends;
        this.listener = listener;
        this.epoch = around.ringView.ring().epoch();
    }

    void start() {
        progressNanos = loop.nanoTime();
        beginAnew();
        loop.execute(this::step);
    }

    private void beginAnew() {
        pending.clear();
        ranges.clear();
        for (int i = roots.size() - 1; i >= 0; i--) {
            pending.push(new Pending(roots.get(i), 0, true));
        }
    }

    // ---- one thing after another

    private void step() {
        if (ended || around.isStopped.getAsBoolean()) {
            return;
        }
        if (around.ringView.ring().epoch() != epoch) {
            fail("the topology has changed");
            return;
        }
        long waitMillis = around.rate.waitMillis(loop.nanoTime());
        if (around.isBusy.getAsBoolean()) {
            waitMillis = Math.max(waitMillis, BUSY_MILLIS);
        }
        if (waitMillis > 0) {
            // To wait for one's turn is no standstill.
            progressNanos = loop.nanoTime();
            loop.schedule(this::step, waitMillis);
        } else if (!toFetch.isEmpty()) {
            fetch();
        } else if (!toSend.isEmpty()) {
            prepareSend();
        } else if (listing != null) {
            list(listing);
        } else if (!ranges.isEmpty()) {
            TreeNode range = ranges.pop();
            leavesDiffering++;
            listing = new Wanted(share, range.firstToken(), range.lastToken(), new byte[0]);
            list(listing);
        } else if (!pending.isEmpty()) {
            prepareCompare();
        } else {
            // All else is mended; but with what is missing here this node is not to take itself for whole.
            end(leftOut == 0 ? null : leftOut + " records are too far ahead of this node's clock");
        }
    }

    private void proceed() {
        progressNanos = loop.nanoTime();
        listener.progress(report(null));
        step();
    }

    private void retryLater(String why) {
        if (loop.nanoTime() - progressNanos > TimeUnit.MILLISECONDS.toNanos(STALLED_MILLIS)) {
            fail(why);
        } else {
            loop.schedule(this::step, RETRY_MILLIS);
        }
    }

    private void fail(String why) {
        end(why);
    }

    private void end(@Nullable String failure) {
        if (!ended) {
            ended = true;
            RepairReport report = report(failure);
            around.counters.add(report);
            loop.execute(() -> listener.ended(report));
        }
    }

    private RepairReport report(@Nullable String failure) {
        return new RepairReport(
                roots.size(), failure == null ? 0 : roots.size(), leavesDiffering, recordsSent, recordsReceived, bytes, failure);
    }

    /** Something that may wait for the disk, and what to do on the loop with what came of it. */
    private interface Blocking<T> {
        T run() throws IOException;
    }

    private interface Then<T> {
        void go(T result);
    }

    private <T> void offload(Blocking<T> blocking, Then<T> then) {
        boolean taken = loop.offload(() -> {
            T result;
            try {
                result = blocking.run();
            } catch (IOException | UncheckedIOException e) {
                loop.execute(() -> fail("this node cannot compare: " + e.getMessage()));
                return;
            }
            loop.execute(() -> {
                if (!ended && !around.isStopped.getAsBoolean()) {
                    then.go(result);
                }
            });
        });
        if (!taken) {
            retryLater("too many requests wait for this node's disk");
        }
    }

    /** Deals with what an answer carries behind its status. */
    private interface Answered {
        void go(MessageReader body);
    }

    private void spend(int count) {
        bytes += count;
        around.rate.spend(count);
    }

    private MessageWriter begin(MessageWriter writer, MessageType type) {
        return Calls.begin(writer, type).writeLong(epoch).writeLong(around.clock.nowHlc());
    }

    private void send(MessageWriter request, Answered answered) {
        boolean sent = around.calls.send(memberId, request, CALL_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long member, MessageType type, MessageReader body) {
                if (ended) {
                    return;
                }
                spend(body.remaining());
                ReplyStatus status = ReplyStatus.of(body.readByte());
                if (status == ReplyStatus.DONE) {
                    answered.go(body);
                    return;
                }
                long theirs = body.readLong();
                String why = body.readText(1 << 16);
                switch (status) {
                    case STALE_EPOCH, BEHIND -> {
                        around.ringView.heardOfEpoch(member, theirs);
                        fail("the member goes by another topology");
                    }
                    case FROZEN -> fail("the topology is changing");
                    case REFUSED -> retryLater(why);
                    case CLOCK -> fail("the member takes nothing from a clock that is so far ahead");
                    case DONE -> throw new AssertionError();
                }
            }

            @Override
            public void failed(long member, boolean timedOut) {
                fail(timedOut ? "the member did not answer in time" : "the member cannot be reached");
            }
        });
        if (sent) {
            spend(request.size());
        } else {
            fail("the member cannot be reached");
        }
    }

    // ---- which ranges differ

    /** What there is to ask about, as far as this node has hashed it. */
    private record Question(boolean isReady, List<Floor> floors, List<Group> groups, List<TreeNode> few) {}

    private void prepareCompare() {
        // They stay where they are until they have been answered: whatever comes in between is tried again.
        List<Pending> taken = pending.stream().limit(CompareMessage.MAX_GROUPS).toList();
        offload(() -> question(taken), question -> {
            if (!question.isReady) {
                retryLater("this node has not hashed what it holds yet");
            } else if (question.groups.isEmpty()) {
                compared(taken, question);
                proceed();
            } else {
                compare(taken, question);
            }
        });
    }

    /** What was taken has been dealt with, but for what is found to differ. */
    private void compared(List<Pending> taken, Question question) {
        taken.forEach(unused -> pending.pop());
        question.few.forEach(ranges::push);
    }

    private Question question(List<Pending> taken) {
        List<Floor> floors = mends ? around.data.floors() : List.of();
        List<Group> groups = new ArrayList<>();
        List<TreeNode> few = new ArrayList<>();
        for (Pending each : taken) {
            Group group = new Group(each.node, each.bits, new long[1 << each.bits]);
            if (each.node.depth() + each.bits > around.leaves.leafBits()) {
                int keys = around.reader.hashBelow(each.node, each.bits, share, group.hashes());
                if (!each.isRoot && keys <= LISTED_KEYS_MAX) {
                    few.add(each.node);
                    continue;
                }
            } else if (!around.leaves.refresh(each.node)) {
                return new Question(false, floors, List.of(), List.of());
            } else {
                for (int i = 0; i < group.hashes().length; i++) {
                    group.hashes()[i] = around.leaves.hash(group.child(i), share);
                }
            }
            groups.add(group);
        }
        return new Question(true, floors, groups, few);
    }

    private void compare(List<Pending> taken, Question question) {
        CompareMessage.writeRequest(begin(message, MessageType.COMPARE), question.floors, share, question.groups);
        int asked = question.groups.stream().mapToInt(group -> group.hashes().length).sum();
        send(message, body -> {
            List<Floor> floors = CompareMessage.readFloors(body);
            if (!body.readBoolean()) {
                body.finish();
                retryLater("the member has not hashed what it holds yet");
                return;
            }
            List<Difference> differences = CompareMessage.readDifferences(body, asked);
            body.finish();
            if (!mends) {
                compared(taken, question);
                leavesDiffering += differences.size();
                proceed();
            } else if (isLater(floors, question.floors)) {
                // Not before both have the same floors: what is void on one side only would look like a difference.
                offload(() -> raise(floors), unused -> {
                    beginAnew();
                    proceed();
                });
            } else {
                compared(taken, question);
                descend(question.groups, differences);
                proceed();
            }
        });
    }

    private boolean raise(List<Floor> floors) throws IOException {
        around.data.raise(floors, epoch);
        return true;
    }

    private boolean isLater(List<Floor> theirs, List<Floor> own) {
        for (Floor floor : theirs) {
            long here = own.stream().filter(each -> each.database() == floor.database()).mapToLong(Floor::hlc).findFirst().orElse(0);
            // One that is too far ahead is not taken, however often it is told.
            if (Long.compareUnsigned(floor.hlc(), here) > 0 && !around.clock.isTooFarAhead(floor.hlc())) {
                return true;
            }
        }
        return false;
    }

    private void descend(List<Group> groups, List<Difference> differences) {
        int leafBits = around.leaves.leafBits();
        int next = 0;
        int before = 0;
        for (Group group : groups) {
            int count = group.hashes().length;
            for (; next < differences.size() && differences.get(next).index() < before + count; next++) {
                int index = differences.get(next).index() - before;
                TreeNode node = group.child(index);
                boolean oneIsEmpty = group.hashes()[index] == 0 || differences.get(next).isEmpty();
                int bits = CompareMessage.MAX_BITS;
                if (node.depth() < leafBits) {
                    bits = Math.min(bits, leafBits - node.depth());
                }
                if (oneIsEmpty || node.depth() + bits > TreeNode.MAX_DEPTH) {
                    ranges.push(node);
                } else {
                    pending.push(new Pending(node, bits, false));
                }
            }
            before += count;
        }
    }

    // ---- which keys

    private void list(Wanted wanted) {
        wanted.write(begin(message, MessageType.LIST));
        send(message, body -> {
            ListedPage page = new ListedPage(wanted, body);
            offload(
                    () -> {
                        page.compare(around.reader);
                        around.leaves.mark(wanted.startToken(), wanted.throughToken());
                        return page;
                    },
                    compared -> {
                        listing = compared.rest;
                        toFetch.addAll(compared.toFetch);
                        toSend.addAll(compared.toSend);
                        proceed();
                    });
        });
    }

    // ---- their records

    private void fetch() {
        int count = 0;
        int size = 0;
        while (count < toFetch.size() && count < RangeReader.PAGE_ENTRIES_MAX && size < RangeReader.BATCH_BYTES) {
            size += toFetch.get(count++).size();
        }
        List<Key> asked = List.copyOf(toFetch.subList(0, count));
        begin(message, MessageType.FETCH).writeVarint(count);
        asked.forEach(message::writeKey);
        send(message, body -> {
            int told = body.readVarint(asked.size());
            if (told == 0) {
                throw new MalformedMessageException("none of " + asked.size() + " records");
            }
            List<Item> items = new ArrayList<>();
            for (int i = 0; i < told; i++) {
                items.add(new Item(asked.get(i), body.readRecord(new Record()).detach()));
            }
            body.finish();
            offload(() -> around.data.accept(items, epoch), taken -> {
                recordsReceived += taken.taken();
                leftOut += taken.leftOut();
                toFetch = new ArrayList<>(toFetch.subList(told, toFetch.size()));
                proceed();
            });
        });
    }

    // ---- records of this node

    /**
     * @param keys how many of those to be sent it is about, records that are gone among them
     * @param items what is sent
     */
    private record Batch(MessageWriter write, int keys, List<Item> items) {
        int records() {
            return items.size();
        }
    }

    private void prepareSend() {
        List<Key> keys = List.copyOf(toSend);
        offload(() -> batch(keys), batch -> {
            if (batch.items.isEmpty()) {
                sent(batch);
                return;
            }
            send(batch.write, body -> refused(batch, body));
        });
    }

    private Batch batch(List<Key> keys) throws IOException {
        MessageWriter write = begin(new MessageWriter(), MessageType.WRITE);
        int countAt = write.size();
        write.writeInt(0);
        Record record = new Record();
        int count = 0;
        List<Item> items = new ArrayList<>();
        try (StoreSession session = around.reader.session()) {
            while (count < keys.size() && write.size() < RangeReader.BATCH_BYTES) {
                Key key = keys.get(count++);
                if (!RangeReader.read(session, key, record).isEmpty()) {
                    write.writeByte(0).writeKey(key).writeRecord(record);
                    items.add(new Item(key, new Record().versionsOf(record)));
                }
            }
        }
        write.setInt(countAt, items.size());
        return new Batch(write, count, items);
    }

    /** What is refused there is hidden by something later, too far ahead of the clock there, or void: was superseded by what that replica has forgotten since. Then it goes here, too. */
    private void refused(Batch batch, MessageReader body) {
        int refused = body.readInt();
        if (refused < 0 || refused > batch.records()) {
            throw new MalformedMessageException(refused + " refusals of " + batch.records() + " records");
        }
        List<Item> superseded = new ArrayList<>();
        for (int i = 0; i < refused; i++) {
            int index = body.readVarint(batch.records() - 1);
            long hlc = body.readLong();
            if (body.readLong() == StoreSession.FLOOR_ACTOR && hlc != Replica.REFUSED_FOR_CLOCK) {
                superseded.add(batch.items.get(index));
            }
        }
        body.finish();
        recordsSent += batch.records() - refused;
        if (superseded.isEmpty()) {
            sent(batch);
        } else {
            offload(() -> around.data.supersede(superseded, epoch), unused -> sent(batch));
        }
    }

    private void sent(Batch batch) {
        toSend = new ArrayList<>(toSend.subList(batch.keys, toSend.size()));
        proceed();
    }
}
