package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.FullHistories.Event;
import io.ringtail.engine.record.FullHistories.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random histories of several replicas, that write over what some reader saw at some time and tell each other late, twice and out of order: records must show what {@link FullHistories} do.
 *
 * <p>{@code -Dringtail.histories=N} for more of them, one for each seed from {@code -Dringtail.seed=S} on.
 */
class CausalHistoryTest {
    private static final long SEED = Long.getLong("ringtail.seed", 20_261_128);
    private static final int HISTORIES = Integer.getInteger("ringtail.histories", 2_000);
    private static final int STEPS_MIN = 10;
    private static final int STEPS_MAX = 60;

    @Test
    void siblingsEndsAndCountersAreThoseOfFullHistories() {
        long steps = 0;
        long conflicts = 0;
        long counted = 0;
        for (int i = 0; i < HISTORIES; i++) {
            History history = new History(SEED + i);
            history.run();
            steps += history.steps;
            conflicts += history.conflicts;
            counted += history.counted;
        }
        if (HISTORIES > 100) {
            // It is about conflicts, so there have to be some.
            assertThat(conflicts).isGreaterThan(steps / 10);
            assertThat(counted).isGreaterThan(steps / 50);
        }
        System.out.printf("%,d histories from seed %d on agree, after each of %,d steps; %,d of these had siblings, %,d counted%n",
                HISTORIES, SEED, steps, conflicts, counted);
    }

    /** What a client holds: a context, and the events that it stands for. */
    private record Seen(byte[] context, BitSet events) {}

    /** What a replica told another, or will. */
    private record Message(byte[] record, BitSet history) {}

    private static final class Replica {
        Record record = new Record();
        BitSet history = new BitSet();
    }

    private static final class History {
        private static final String[] VALUES = {"0", "5", "-2", "word", "", "other"};

        final long seed;
        final Random random;
        final FullHistories full = new FullHistories();
        final List<Replica> replicas = new ArrayList<>();
        final List<Seen> clients = new ArrayList<>();
        final List<Message> messages = new ArrayList<>();
        /** A last-write-wins write among increments voids sums only whole, so there are the ones or the others. */
        final boolean counts;

        final boolean lastWriteWins;
        final boolean prompt;
        final int steps;
        long now = 1;
        int conflicts;
        int counted;

        History(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            int count = 1 + random.nextInt(5);
            for (int i = 0; i < count; i++) {
                replicas.add(new Replica());
            }
            counts = random.nextBoolean();
            lastWriteWins = !counts && random.nextBoolean();
            prompt = random.nextBoolean();
            steps = STEPS_MIN + random.nextInt(STEPS_MAX - STEPS_MIN + 1);
            clients.add(new Seen(bytes(new Context()), new BitSet()));
        }

        void run() {
            for (int step = 0; step < steps; step++) {
                int actor = random.nextInt(replicas.size());
                Replica replica = replicas.get(actor);
                switch (random.nextInt(12)) {
                    case 0, 1, 2 -> write(actor, replica);
                    case 3 -> {
                        if (counts) {
                            increment(actor, replica);
                        }
                    }
                    case 4 -> expire(actor, replica);
                    case 5 -> clients.add(new Seen(bytes(new Context().of(replica.record)), full.known(replica.history)));
                    case 6 -> {
                        if (lastWriteWins) {
                            lastWriteWins(actor, replica);
                        }
                    }
                    case 7 -> now += random.nextInt(3);
                    default -> tell(replica);
                }
                compare(step, actor, replica);
            }
        }

        private long nextHlc(Replica replica, Seen seen) {
            long max = Math.max(replica.record.maxHlc(), context(seen).maxHlc());
            return max + 1 + random.nextInt(prompt ? 2 : 9);
        }

        private void write(int actor, Replica replica) {
            Seen seen = random.nextInt(3) == 0
                    ? new Seen(bytes(new Context().of(replica.record)), full.known(replica.history))
                    : clients.get(random.nextInt(clients.size()));
            long hlc = nextHlc(replica, seen);
            boolean tombstone = random.nextInt(4) == 0;
            String value = VALUES[random.nextInt(VALUES.length)];
            long end = !tombstone && random.nextInt(3) == 0 ? now + random.nextInt(6) : 0;
            if (tombstone) {
                replica.record.addTombstone(hlc, actor, context(seen));
            } else {
                byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
                replica.record.addSibling(hlc, actor, context(seen), bytes, 0, bytes.length, end);
            }
            add(replica, Kind.WRITE, hlc, actor, tombstone, value, end, 0, seen.events, new BitSet());
        }

        private void increment(int actor, Replica replica) {
            boolean live = replica.record.isLive(now);
            if (live && !Decimal.isLong(replica.record.valueArray(), replica.record.valueOffset(), replica.record.valueSize())) {
                return;
            }
            long delta = random.nextInt(9) - 4;
            long hlc = nextHlc(replica, clients.getFirst());
            BitSet known = full.known(replica.history);
            replica.record.increment(hlc, actor, delta, now);
            if (!live) {
                add(replica, Kind.WRITE, hlc, actor, false, "0", 0, 0, known, new BitSet());
            }
            add(replica, Kind.INCREMENT, hlc, actor, false, "", 0, delta, new BitSet(), new BitSet());
            counted++;
        }

        private void expire(int actor, Replica replica) {
            BitSet targets = new BitSet();
            for (Event register : full.registers(replica.history)) {
                if (!register.tombstone()) {
                    targets.set(register.id());
                }
            }
            if (targets.isEmpty() || counts && replica.record.causal().siblingCount() > targets.cardinality()) {
                // What is counted upon a deletion ends with it: a case of its own.
                return;
            }
            long hlc = nextHlc(replica, clients.getFirst());
            long end = random.nextInt(3) == 0 ? 0 : now + random.nextInt(6);
            replica.record.expire(hlc, actor, end);
            add(replica, Kind.EXPIRE, hlc, actor, false, "", end, 0, new BitSet(), targets);
        }

        private void lastWriteWins(int actor, Replica replica) {
            long hlc = nextHlc(replica, clients.getFirst());
            long end = random.nextInt(3) == 0 ? now + random.nextInt(6) : 0;
            Record write = new Record();
            byte[] value = "last".getBytes(StandardCharsets.US_ASCII);
            switch (random.nextInt(3)) {
                case 0 -> {
                    write.setTombstone(hlc, actor);
                    add(replica, Kind.LAST_WRITE_WINS, hlc, actor, true, "", 0, 0, new BitSet(), new BitSet());
                }
                case 1 -> {
                    write.setExpiry(hlc, actor, end);
                    add(replica, Kind.LAST_EXPIRE_WINS, hlc, actor, false, "", end, 0, new BitSet(), new BitSet());
                }
                default -> {
                    write.setValue(hlc, actor, end, value, 0, value.length);
                    add(replica, Kind.LAST_WRITE_WINS, hlc, actor, false, "last", end, 0, new BitSet(), new BitSet());
                }
            }
            replica.record.merge(write).detach();
        }

        private void add(
                Replica replica, Kind kind, long hlc, long actor, boolean tombstone, String value, long end, long delta,
                BitSet supersedes, BitSet targets) {
            Event event = full.add(
                    kind, hlc, actor, tombstone, value, end, delta, (BitSet) supersedes.clone(), full.known(replica.history),
                    targets);
            replica.history.set(event.id());
        }

        /** Hands a replica what another has, or had when it was asked. */
        private void tell(Replica replica) {
            Replica other = replicas.get(random.nextInt(replicas.size()));
            messages.add(new Message(RandomRecords.encoded(other.record), (BitSet) other.history.clone()));
            Message message = prompt ? messages.getLast() : messages.get(random.nextInt(messages.size()));
            if (message.record.length > 2) {
                replica.record.merge(new Record().wrap(message.record, 0, message.record.length)).detach();
            }
            replica.history.or(message.history);
        }

        private void compare(int step, int actor, Replica replica) {
            Record record = replica.record;
            List<Event> registers = full.registers(replica.history);
            String shown = full.shown(replica.history, now);
            boolean isRight = has(record, replica, registers)
                    && record.isLive(now) == (shown != null)
                    && (shown == null || text(record.value()).equals(shown));
            if (!isRight) {
                String context = "seed " + seed + " step " + step + " actor " + actor + " now " + now + ": " + record;
                assertThat(describe(record)).as(context).isEqualTo(describe(replica, registers));
                assertThat(record.isLive(now) ? text(record.value()) : null).as(context).isEqualTo(shown);
            }
            if (registers.size() > 1) {
                conflicts++;
            }
        }

        /** Whether a record has these, and no others, with their ends. */
        private boolean has(Record record, Replica replica, List<Event> registers) {
            if (!record.isCausal()) {
                return describe(record).equals(describe(replica, registers));
            }
            Causal causal = record.causal();
            if (causal.siblingCount() != registers.size()) {
                return false;
            }
            for (int i = 0; i < registers.size(); i++) {
                Sibling sibling = causal.sibling(i);
                Event register = registers.get(i);
                if (sibling.hlc() != register.hlc()
                        || sibling.actor() != register.actor()
                        || sibling.isTombstone() != register.tombstone()
                        || causal.endMillis(i) != full.end(replica.history, register)
                        || (!sibling.isTombstone() && !text(sibling.value()).equals(register.value()))) {
                    return false;
                }
            }
            return true;
        }

        private String describe(Replica replica, List<Event> registers) {
            StringBuilder text = new StringBuilder();
            for (Event register : registers) {
                describe(text, register.hlc(), register.actor(), register.tombstone(), register.value(),
                        full.end(replica.history, register));
            }
            return text.toString();
        }

        private static String describe(Record record) {
            StringBuilder text = new StringBuilder();
            if (!record.isCausal()) {
                if (record.hasValue()) {
                    describe(text, record.hlc(), record.actor(), record.isTombstone(), text(record.value()), record.expireAtMillis());
                }
                return text.toString();
            }
            Causal causal = record.causal();
            for (int i = 0; i < causal.siblingCount(); i++) {
                Sibling sibling = causal.sibling(i);
                describe(text, sibling.hlc(), sibling.actor(), sibling.isTombstone(), text(sibling.value()), causal.endMillis(i));
            }
            return text.toString();
        }

        private static String text(byte[] value) {
            return new String(value, StandardCharsets.US_ASCII);
        }

        private static void describe(StringBuilder text, long hlc, long actor, boolean tombstone, String value, long end) {
            text.append(hlc).append('@').append(actor).append(tombstone ? " deleted" : " '" + value + "'").append(" ends ").append(end).append('\n');
        }

        private static Context context(Seen seen) {
            return new Context().decode(seen.context, 0, seen.context.length);
        }

        private static byte[] bytes(Context context) {
            byte[] bytes = new byte[context.size()];
            context.encode(bytes, 0);
            return bytes;
        }
    }
}
