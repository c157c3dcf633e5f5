package io.ringtail.server.durability;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What one client has written to keys of its own, when it sent each step and when that was acknowledged; and the check of what a restarted server
 * serves against it.
 *
 * <p>The client has one connection, so its steps happen in order, a transaction being one step. So what the server serves must be the state after
 * some number of the first steps, the same number for all keys, and no less than were acknowledged: {@link #compare} finds the least and the greatest
 * such number. That no step is lost, half there, out of order, or undone by one that came before are all that one comparison.
 *
 * <p>Confined to its client's thread while that runs; then to the checker's.
 */
final class ClientHistory {
    /** A key's state. */
    private record Entry(String value, long expireAtMillis) {}

    /** A change of one key; {@code entry} is null when it goes. */
    private record Change(String key, @Nullable Entry entry) {}

    /** One command, or one transaction. */
    private static final class Step {
        final List<Change> changes;
        final int replies;
        final boolean transaction;
        long sentNanos;
        long acknowledgedNanos = Long.MAX_VALUE;

        Step(List<Change> changes, int replies, boolean transaction) {
            this.changes = changes;
            this.replies = replies;
            this.transaction = transaction;
        }
    }

    /**
     * What was found: the server holds exactly the first n steps, for some n from {@code least} to {@code greatest}.
     */
    record Survival(int least, int greatest) {}

    private static final int KEYS = 60;

    /** Far beyond any test, so that nothing expires while it runs. */
    private static final long EXPIRY_FLOOR_MILLIS = 4_000_000_000_000L;

    private final int client;
    private final SplittableRandom random;
    private final int valueBytesMax;
    private final List<Step> steps = new ArrayList<>();
    /** What the server will hold when all that was sent is done. */
    private final Map<String, Entry> expected = new HashMap<>();
    /** What it held when the steps began. */
    private Map<String, Entry> base = new HashMap<>();

    private long sequence;
    private int acknowledged;

    ClientHistory(int client, long seed, int valueBytesMax) {
        this.client = client;
        this.random = new SplittableRandom(seed + client);
        this.valueBytesMax = valueBytesMax;
    }

    /** Sends a pipeline of random steps and waits for their replies. Throws when the connection ends. */
    void pipeline(WireClient wire) throws IOException {
        int first = steps.size();
        int count = 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
            steps.add(next(wire));
        }
        long now = System.nanoTime();
        for (int i = first; i < steps.size(); i++) {
            steps.get(i).sentNanos = now;
        }
        wire.flush();
        for (int i = first; i < steps.size(); i++) {
            Step step = steps.get(i);
            Reply last = null;
            for (int reply = 0; reply < step.replies; reply++) {
                last = wire.receive();
                if (last instanceof Reply.Failure failure) {
                    throw new AssertionError("client " + client + ", step " + i + ": " + failure.text());
                }
            }
            if (step.transaction && !(last instanceof Reply.Array)) {
                throw new AssertionError("client " + client + ", step " + i + ": EXEC answered " + last);
            }
            step.acknowledgedNanos = System.nanoTime();
            acknowledged = i + 1;
        }
    }

    private Step next(WireClient wire) {
        String key = key(random.nextInt(KEYS));
        sequence++;
        switch (random.nextInt(12)) {
            case 0, 1 -> {
                wire.add("DEL", key);
                return step(new Change(key, null));
            }
            case 2, 3 -> {
                String counter = "n" + key;
                wire.add("INCR", counter);
                Entry old = expected.get(counter);
                long value = old == null ? 1 : Long.parseLong(old.value) + 1;
                return step(new Change(counter, new Entry(Long.toString(value), -1)));
            }
            case 4, 5 -> {
                long at = EXPIRY_FLOOR_MILLIS + sequence;
                wire.add("PEXPIREAT", key, Long.toString(at));
                Entry old = expected.get(key);
                return old == null ? new Step(List.of(), 1, false) : step(new Change(key, new Entry(old.value, at)));
            }
            case 6, 7 -> {
                String other = key(random.nextInt(KEYS));
                String value = value();
                wire.add("MULTI").add("SET", key, value).add("SET", other, value).add("EXEC");
                Step step = new Step(
                        List.of(new Change(key, new Entry(value, -1)), new Change(other, new Entry(value, -1))), 4, true);
                step.changes.forEach(change -> apply(change, expected));
                return step;
            }
            default -> {
                String value = value();
                wire.add("SET", key, value);
                return step(new Change(key, new Entry(value, -1)));
            }
        }
    }

    private Step step(Change change) {
        apply(change, expected);
        return new Step(List.of(change), 1, false);
    }

    private static void apply(Change change, Map<String, Entry> to) {
        if (change.entry == null) {
            to.remove(change.key);
        } else {
            to.put(change.key, change.entry);
        }
    }

    private String key(int index) {
        return "client:" + client + ":" + index;
    }

    /** Tells its step, and is now and then large enough to fill memtables. */
    private String value() {
        int padding = random.nextInt(4) == 0 ? random.nextInt(valueBytesMax) : random.nextInt(20);
        return client + "-" + sequence + "-" + "x".repeat(padding);
    }

    int stepCount() {
        return steps.size();
    }

    int acknowledged() {
        return acknowledged;
    }

    /** Of the steps, how many were acknowledged before a moment. */
    int acknowledgedBefore(long nanos) {
        int count = 0;
        while (count < steps.size() && steps.get(count).acknowledgedNanos - nanos < 0
                && steps.get(count).acknowledgedNanos != Long.MAX_VALUE) {
            count++;
        }
        return count;
    }

    /** When a step was sent, by its index. */
    long sentNanos(int step) {
        return steps.get(step).sentNanos;
    }

    /** When a step was acknowledged, by its index; the greatest number when it was not. */
    long acknowledgedNanos(int step) {
        return steps.get(step).acknowledgedNanos;
    }

    /** Compares what a server holds with the states there were. Throws an assertion error when it is none of them. */
    Survival compare(WireClient wire, String context) throws IOException {
        Map<String, Entry> found = read(wire);
        Map<String, Entry> state = new HashMap<>(base);
        Set<String> differing = new HashSet<>(state.keySet());
        differing.addAll(found.keySet());
        differing.removeIf(key -> Objects.equals(state.get(key), found.get(key)));
        int least = -1;
        int greatest = -1;
        int closest = 0;
        Set<String> closestDiffering = Set.copyOf(differing);
        for (int done = 0; ; done++) {
            if (differing.isEmpty()) {
                least = least < 0 ? done : least;
                greatest = done;
            } else if (differing.size() <= closestDiffering.size()) {
                closest = done;
                closestDiffering = Set.copyOf(differing);
            }
            if (done == steps.size()) {
                break;
            }
            for (Change change : steps.get(done).changes) {
                apply(change, state);
                if (Objects.equals(state.get(change.key), found.get(change.key))) {
                    differing.remove(change.key);
                } else {
                    differing.add(change.key);
                }
            }
        }
        if (least < 0) {
            throw new AssertionError(context + ": client " + client + ": what is there is no state there ever was; of "
                    + steps.size() + " steps, " + acknowledged + " acknowledged, the one after " + closest
                    + " comes nearest, but for " + describe(closestDiffering, found));
        }
        return new Survival(least, greatest);
    }

    private static String describe(Set<String> keys, Map<String, Entry> found) {
        StringBuilder text = new StringBuilder();
        for (String key : keys.stream().limit(5).toList()) {
            Entry entry = found.get(key);
            String value = entry == null ? "absent" : entry.value;
            text.append(key).append('=').append(value, 0, Math.min(30, value.length())).append(' ');
        }
        return text.toString();
    }

    private Map<String, Entry> read(WireClient wire) throws IOException {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(key(i));
            keys.add("n" + key(i));
        }
        for (String key : keys) {
            wire.add("GET", key).add("PEXPIRETIME", key);
        }
        wire.flush();
        Map<String, Entry> found = new HashMap<>();
        for (String key : keys) {
            Reply value = wire.receive();
            Reply expireAt = wire.receive();
            if (value instanceof Reply.Failure || expireAt instanceof Reply.Failure) {
                throw new AssertionError("GET " + key + ": " + value + ", " + expireAt);
            }
            if (value instanceof Reply.Bulk bulk && expireAt instanceof Reply.Int at) {
                found.put(key, new Entry(bulk.text(), at.value()));
            }
        }
        return found;
    }

    /** Forgets the steps: a new history begins with what the server holds. */
    void beginAgain(WireClient wire) throws IOException {
        base = read(wire);
        expected.clear();
        expected.putAll(base);
        steps.clear();
        acknowledged = 0;
    }
}
