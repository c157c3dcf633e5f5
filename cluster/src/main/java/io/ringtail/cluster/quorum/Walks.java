package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One loop's walks over the keys of the cluster, a page at a time: asks as many replicas of a stretch as a read would, all at the same time, the nearest first, and another
 * one for each that fails.
 *
 * <p>Nothing is kept between pages, neither here nor at the replicas: each goes on behind a key, by the ring as it is then. So a key that is there throughout is in
 * exactly one page, whatever happens to members and topology meanwhile.
 *
 * <p>Confined to the loop. What waits for disks runs elsewhere, this node's own part too.
 */
final class Walks {
    private static final long REPLAN_MILLIS = 10;

    private final long selfId;
    private final Calls calls;
    private final Loop loop;
    private final RingView ringView;
    private final Reachability reachability;
    private final ReplicaData data;
    private final ReplicaClock clock;
    private final QuorumOptions options;
    private final PeerLatency latency;
    private final MessageWriter message = new MessageWriter();

    Walks(
            long selfId,
            Calls calls,
            Loop loop,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            ReplicaClock clock,
            QuorumOptions options,
            PeerLatency latency) {
        this.selfId = selfId;
        this.calls = calls;
        this.loop = loop;
        this.ringView = ringView;
        this.reachability = reachability;
        this.data = data;
        this.clock = clock;
        this.options = options;
        this.latency = latency;
    }

    /** Asks for the page that begins a walk, or goes on with it. */
    void page(ReplicaScan.Request request, @Nullable ConsistencyLevel level, WalkListener listener) {
        Attempt attempt = new Attempt(request, level, listener);
        // Never from within this call: a page that fails at once would else be told before the caller has it.
        loop.execute(attempt::begin);
    }

    /** One page being asked for. */
    private final class Attempt implements WalkPlan.Candidates {
        private final ReplicaScan.Request wanted;
        private final @Nullable ConsistencyLevel level;
        private final WalkListener listener;
        private final long deadlineNanos;
        private final Set<Long> failed = new HashSet<>();
        /** By member: null is under way. */
        private final Map<Long, byte @Nullable []> answers = new TreeMap<>();

        private WalkPlan.@Nullable Stretch stretch;
        private long throughToken;
        /** Answers of a round that was given up are not counted. */
        private int round;

        private boolean timedOut;
        private @Nullable String reason;
        private boolean ended;

        Attempt(ReplicaScan.Request wanted, @Nullable ConsistencyLevel level, WalkListener listener) {
            this.wanted = wanted;
            this.level = level;
            this.listener = listener;
            this.deadlineNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.readTimeoutMillis());
        }

        @Override
        public boolean isReachable(long memberId) {
            return !failed.contains(memberId) && (memberId == selfId || reachability.isReachable(memberId));
        }

        @Override
        public double cost(long memberId) {
            // Whoever has been asked already costs nothing more.
            return answers.containsKey(memberId) ? -2 : memberId == selfId ? -1 : latency.meanNanos(memberId) + Neighbours.distance(ringView.ring(), selfId, memberId);
        }

        void begin() {
            round++;
            answers.clear();
            throughToken = wanted.throughToken();
            proceed();
        }

        /** Chooses whom to ask by what is known now, and asks those who have not been. */
        private void proceed() {
            byte[] after = wanted.after();
            long fromToken = after.length == 0 ? wanted.fromToken() : Key.token(after, 0);
            WalkPlan.Stretch planned;
            try {
                planned = WalkPlan.of(ringView.ring(), selfId, fromToken, throughToken, level, this);
            } catch (QuorumException e) {
                end(null, failure(String.valueOf(e.getMessage())));
                return;
            }
            stretch = planned;
            throughToken = planned.throughToken();
            List<Long> members = planned.members();
            ReplicaScan.Request request = new ReplicaScan.Request(
                    wanted.database(), wanted.fromToken(), throughToken, after, wanted.entriesMax(), wanted.bytesMax());
            int now = round;
            boolean asksHere = false;
            for (int i = 0; i < members.size(); i++) {
                long memberId = members.get(i);
                if (answers.containsKey(memberId)) {
                    continue;
                }
                answers.put(memberId, null);
                if (memberId == selfId) {
                    asksHere = true;
                } else {
                    ask(memberId, planned.ring().epoch(), request);
                }
            }
            if (asksHere) {
                // Last, so that the others' answers are under way meanwhile.
                readHere(request);
            }
            if (now == round) {
                lookWhetherDone();
            }
        }

        private String failure(String message) {
            String why = reason == null ? "" : ": " + reason;
            String text = message + why;
            return timedOut && text.startsWith("NOREPLICAS ") ? "TIMEOUT " + text.substring("NOREPLICAS ".length()) : text;
        }

        private void ask(long memberId, long epoch, ReplicaScan.Request request) {
            Calls.begin(message, MessageType.SCAN)
                    .writeLong(epoch)
                    .writeLong(clock.nowHlc());
            request.write(message);
            int asked = round;
            // Half of the time at most for one, so that there is some left for another.
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - loop.nanoTime());
            long timeoutMillis = Math.clamp(options.readTimeoutMillis() / 2, 1, Math.max(1, leftMillis));
            boolean sent = calls.send(memberId, message, timeoutMillis, new Calls.Callback() {
                @Override
                public void replied(long member, MessageType type, MessageReader body) {
                    if (asked == round && !ended) {
                        Attempt.this.replied(member, body);
                    }
                }

                @Override
                public void failed(long member, boolean late) {
                    if (asked == round && !ended) {
                        timedOut |= late;
                        failedAt(member, null);
                    }
                }
            });
            if (!sent) {
                loop.execute(() -> {
                    if (asked == round && !ended) {
                        failedAt(memberId, null);
                    }
                });
            }
        }

        private void readHere(ReplicaScan.Request request) {
            int asked = round;
            boolean taken = loop.offload(() -> {
                byte[] page;
                try {
                    MessageWriter out = new MessageWriter();
                    data.page(request, out);
                    page = out.toByteArray();
                } catch (UncheckedIOException e) {
                    page = null;
                }
                byte[] answer = page;
                loop.execute(() -> {
                    if (asked != round || ended) {
                        return;
                    }
                    if (answer == null) {
                        failedAt(selfId, "this node cannot read its data");
                    } else {
                        answers.put(selfId, answer);
                        lookWhetherDone();
                    }
                });
            });
            if (!taken) {
                loop.execute(() -> {
                    if (asked == round && !ended) {
                        failedAt(selfId, "too many requests wait for the disk");
                    }
                });
            }
        }

        private void replied(long memberId, MessageReader body) {
            Refusal refusal = Refusal.read(memberId, body, ringView);
            if (refusal == null) {
                int size = body.remaining();
                int at = body.skip(size);
                byte[] answer = new byte[size];
                System.arraycopy(body.array(), at, answer, 0, size);
                answers.put(memberId, answer);
                lookWhetherDone();
            } else if (refusal.isOfTopology()) {
                replan(memberId);
            } else {
                failedAt(memberId, refusal.why());
            }
        }

        /** Another epoch: begins anew on the ring that both will know soon. */
        private void replan(long memberId) {
            if (deadlineNanos - loop.nanoTime() <= 0) {
                failedAt(memberId, "the topology is changing");
                return;
            }
            int now = ++round;
            loop.schedule(
                    () -> {
                        if (now == round) {
                            begin();
                        }
                    },
                    REPLAN_MILLIS);
        }

        private void failedAt(long memberId, @Nullable String why) {
            answers.remove(memberId);
            failed.add(memberId);
            if (why != null) {
                reason = why;
            }
            proceed();
        }

        private void lookWhetherDone() {
            WalkPlan.Stretch asked = stretch;
            if (ended || asked == null) {
                return;
            }
            List<Long> members = asked.members();
            List<byte[]> pages = new ArrayList<>();
            for (int i = 0; i < members.size(); i++) {
                byte[] answer = answers.get(members.get(i));
                if (answer == null) {
                    return;
                }
                pages.add(answer);
            }
            WalkPage page;
            try {
                page = new WalkPage(wanted.database(), asked, pages);
            } catch (MalformedMessageException e) {
                end(null, "NOREPLICAS the keys cannot be walked, what a replica has sent is not understood: " + e.getMessage());
                return;
            }
            end(page, null);
        }

        private void end(@Nullable WalkPage page, @Nullable String failure) {
            ended = true;
            answers.clear();
            listener.page(page, failure);
        }
    }
}
