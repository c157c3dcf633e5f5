package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.transport.Calls;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A node's way in: contacts all seeds, asks one of those that answer after the other, and starts again, more slowly each time but at least every {@value
 * #MAX_PAUSE_MILLIS} ms, until it has a final answer. Confined to the control loop.
 */
final class JoinAttempt {
    static final int MIN_PAUSE_MILLIS = 250;
    static final int MAX_PAUSE_MILLIS = 5_000;
    static final long ANSWER_TIMEOUT_MILLIS = 5_000;

    private final MembershipSettings settings;
    private final Surroundings surroundings;
    private final long afterEpoch;
    private final Consumer<JoinMessage.Answer> finalAnswer;
    private final MessageWriter writer = new MessageWriter();
    /** Who may be asked: their links are up. */
    private final TreeSet<Long> reachable = new TreeSet<>();

    private long lastAsked;
    private int pauseMillis = MIN_PAUSE_MILLIS;
    private long nextAtNanos;
    private boolean isAsking;
    private boolean isOver;

    /**
     * To be driven by {@link #tick}.
     *
     * @param afterEpoch that this node is in, in a cluster of its own; 0 for none. It goes by no topology that is not later
     * @param finalAnswer called once, never with "later"
     */
    JoinAttempt(MembershipSettings settings, Surroundings surroundings, long afterEpoch, Consumer<JoinMessage.Answer> finalAnswer) {
        this.settings = settings;
        this.surroundings = surroundings;
        this.afterEpoch = afterEpoch;
        this.finalAnswer = finalAnswer;
        this.nextAtNanos = surroundings.loop().nanoTime();
    }

    void linkUp(long memberId) {
        if (reachable.add(memberId) && reachable.size() == 1) {
            ask();
        }
    }

    void linkDown(long memberId) {
        reachable.remove(memberId);
    }

    /** Whether a node has been asked last, or is the next to be. */
    boolean asks(long memberId) {
        return memberId == lastAsked || (lastAsked == 0 && reachable.contains(memberId));
    }

    /** Ends it without an answer. */
    void cancel() {
        isOver = true;
    }

    /** Tries again when it is time to. */
    void tick() {
        long now = surroundings.loop().nanoTime();
        if (isOver || isAsking || now - nextAtNanos < 0) {
            return;
        }
        nextAtNanos = now + TimeUnit.MILLISECONDS.toNanos(pauseMillis + surroundings.random().nextInt(pauseMillis));
        pauseMillis = Math.min(MAX_PAUSE_MILLIS / 2, 2 * pauseMillis);
        for (Seed seed : settings.seeds()) {
            surroundings.links().meet(seed.host(), seed.port(), this::linkUp);
        }
        ask();
    }

    private void ask() {
        if (isOver || isAsking || reachable.isEmpty()) {
            return;
        }
        Long next = reachable.higher(lastAsked);
        lastAsked = next == null ? reachable.first() : next;
        int version = surroundings.calls().version(lastAsked);
        if (version < JoinMessage.DATACENTER_VERSION && !settings.self().datacenter().isEmpty()) {
            isOver = true;
            finalAnswer.accept(new JoinMessage.Answer.Refused(
                    "the cluster speaks protocol version " + version + ", in which there are no data centers: upgrade all its nodes first"));
            return;
        }
        Calls.begin(writer, MessageType.JOIN);
        new JoinMessage(
                        version,
                        0,
                        settings.clusterName(),
                        surroundings.holdsNoData().getAsBoolean(),
                        settings.self())
                .write(writer);
        isAsking = surroundings.calls().send(lastAsked, writer, ANSWER_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long memberId, MessageType type, MessageReader body) {
                isAsking = false;
                JoinMessage.Answer answer = JoinMessage.Answer.read(body);
                if (answer instanceof JoinMessage.Answer.Later || isOver) {
                    return;
                }
                if (answer instanceof JoinMessage.Answer.Welcome welcome && !isIn(welcome)) {
                    throw new MalformedMessageException("welcome to " + welcome.topology() + ", which is without this node or not its cluster");
                }
                isOver = true;
                finalAnswer.accept(answer);
            }

            @Override
            public void failed(long memberId, boolean timedOut) {
                isAsking = false;
            }
        });
    }

    private boolean isIn(JoinMessage.Answer.Welcome welcome) {
        return welcome.topology().clusterName().equals(settings.clusterName())
                && welcome.topology().epoch() > afterEpoch
                && welcome.topology().indexOf(settings.self().id()) >= 0;
    }
}
