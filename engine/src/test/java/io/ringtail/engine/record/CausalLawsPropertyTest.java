package io.ringtail.engine.record;

import static io.ringtail.engine.record.RandomRecords.copy;
import static io.ringtail.engine.record.RandomRecords.encoded;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The laws of merge for random records of every kind and mixture, and what follows from them. */
class CausalLawsPropertyTest {
    private static final int STEPS = Integer.getInteger("ringtail.laws", 30_000);

    private final long seed = Long.getLong("ringtail.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final RandomRecords records = new RandomRecords(random);

    @Test
    void isCommutativeAssociativeAndIdempotent() {
        int causal = 0;
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = records.any();
            Record c = records.any();
            String context = "seed " + seed + " step " + step + "\n" + a + "\n" + b + "\n" + c + "\n";
            byte[] ab = encoded(copy(a).merge(b));
            same(context, encoded(copy(b).merge(a)), ab);
            same(context, encoded(copy(a).merge(copy(b).merge(c))), encoded(copy(a).merge(b).merge(c)));
            same(context, encoded(copy(a).merge(a)), encoded(a));
            same(context, encoded(copy(a).merge(b).merge(b)), ab);
            same(context, encoded(copy(a).merge(b).merge(a)), ab);
            causal += a.isCausal() ? 1 : 0;
        }
        // As many of each kind as it takes.
        assertThat(causal).isBetween(STEPS / 10, STEPS - STEPS / 10);
    }

    /** What is shown and what the bytes are is worked out when somebody asks, and kept. */
    @Test
    void whatWasAskedBeforeAChangeIsNotTheAnswerAfterIt() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = records.any();
            Record asked = copy(a);
            String context = "seed " + seed + " step " + step + "\n" + a + "\n" + b + "\n";
            assertThat(answers(asked, random.nextInt(5))).as(context).isNotEmpty();
            long change = random.nextLong();
            change(asked, b, new Random(change));
            Record unasked = copy(a);
            change(unasked, b, new Random(change));
            assertThat(answers(asked, 0)).as(context).isEqualTo(answers(copy(unasked), 0));
            for (int now = 1; now < 5; now++) {
                assertThat(answers(asked, now)).as(context).isEqualTo(answers(copy(unasked), now));
            }
            same(context, bytesFor(asked), encoded(unasked));
        }
    }

    private static void change(Record record, Record other, Random random) {
        boolean later = record.maxHlc() != -1;
        long hlc = record.maxHlc() + 1;
        // After the greatest of all nothing can be written.
        switch (later ? random.nextInt(9) : 4 + random.nextInt(5)) {
            case 0 -> record.merge(other);
            case 1 -> record.addSibling(hlc, 1, null, new byte[] {'x'}, 0, 1, 0);
            case 2 -> record.addTombstone(hlc, 1, new Context().of(other).clear());
            case 3 -> record.expire(hlc, 1, 2, 1);
            case 4 -> record.bury();
            case 5 -> record.prune(1);
            case 6 -> record.forgetThrough(2);
            case 7 -> record.dropUnlessHeld(2, other);
            default -> record.copyOf(other);
        }
    }

    private static byte[] bytesFor(Record record) {
        return record.isCausal() ? Arrays.copyOf(record.encoded(), record.size()) : encoded(record);
    }

    private static String answers(Record record, long nowMillis) {
        String bytes = Arrays.toString(bytesFor(record));
        boolean live = record.isLive(nowMillis);
        String value = record.hasValue()
                ? record.isTombstone() + " " + record.hlc() + " " + record.actor() + " " + Arrays.toString(record.value())
                : "none";
        return bytes + live + " " + value + " ends " + record.hasExpiry() + " " + record.expireAtMillis() + " " + record.expiryHlc() + " "
                + record.expiryActor() + " collection " + record.showsCollection() + " " + record.isSurelyFilled() + " " + record.size();
    }

    @Test
    void aWriteOverAllIsOneThatHasSeenAll() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            long hlc = a.maxHlc() + 1 + random.nextInt(2);
            if (Long.compareUnsigned(hlc, a.maxHlc()) <= 0) {
                continue;
            }
            boolean deletes = random.nextBoolean();
            long end = random.nextInt(3);
            Record over = copy(a);
            Record seen = copy(a);
            Context context = new Context().of(a);
            if (deletes) {
                over.addTombstone(hlc, 1, null);
                seen.addTombstone(hlc, 1, context);
            } else {
                over.addSibling(hlc, 1, null, new byte[] {'x'}, 0, 1, end);
                seen.addSibling(hlc, 1, context, new byte[] {'x'}, 0, 1, end);
            }
            same("seed " + seed + " step " + step + " " + a, encoded(over), encoded(seen));
        }
    }

    @Test
    void bytesAreCanonicalAndComeBackAsTheyWere() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any().merge(records.any());
            byte[] bytes = encoded(a);
            Record back = copy(a);
            String context = "seed " + seed + " step " + step + " " + a;
            same(context, encoded(back), bytes);
            assertThat(back.toString()).isEqualTo(a.toString());
            assertThat(back.isCausal()).as(context).isEqualTo(a.isCausal());
            byte[] detached = encoded(copy(a).merge(records.any()).merge(a).detach().merge(a));
            assertThat(detached.length).as(context).isPositive();
            same(context, encoded(new Record().copyOf(a)), bytes);
            if (a.isCausal()) {
                Context seen = new Context().of(a);
                byte[] contextBytes = new byte[seen.size()];
                assertThat(seen.encode(contextBytes, 0)).isEqualTo(contextBytes.length);
                Context decoded = new Context().decode(contextBytes, 0, contextBytes.length);
                assertThat(decoded.isSameAs(seen)).as(context).isTrue();
                assertThat(a.encodeVersions(new byte[a.size()], 0)).isLessThanOrEqualTo(a.size());
            }
        }
    }

    @Test
    void coversSaysWhetherMergingChangesAnything() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = random.nextInt(3) == 0 ? copy(a).merge(records.any()) : records.any();
            if (random.nextBoolean()) {
                Record swap = a;
                a = b;
                b = swap;
            }
            boolean unchanged = Arrays.equals(encoded(copy(a).merge(b)), encoded(a));
            assertThat(a.covers(b)).as("seed %d step %d %s covers %s", seed, step, a, b).isEqualTo(unchanged);
            same("covers changed it", encoded(a), encoded(copy(a)));
        }
    }

    @Test
    void whoHasReadBothHasSeenWhatTheyMergeTo() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = records.any();
            Context both = new Context().of(a).merge(new Context().of(b));
            Context merged = new Context().of(copy(a).merge(b));
            assertThat(both.isSameAs(merged)).as("seed %d step %d %s and %s: %s, and of the merged %s", seed, step, a, b, both, merged).isTrue();
        }
    }

    @Test
    void forgettingAndMergingMayChangePlaces() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = records.any();
            long floor = random.nextInt(9);
            Record before = copy(a).forgetThrough(floor).merge(copy(b).forgetThrough(floor)).forgetThrough(floor);
            Record after = copy(a).merge(b).forgetThrough(floor);
            String context = "seed " + seed + " step " + step + " floor " + floor + "\n" + a + "\n" + b + "\n";
            assertThat(liveDots(before)).as(context).isEqualTo(liveDots(after));
            assertThat(before.isEmpty() || Long.compareUnsigned(before.maxHlc(), floor) > 0).as(context).isTrue();
        }
    }

    private static String liveDots(Record record) {
        if (!record.isCausal()) {
            return record.hasValue() ? record.hlc() + "@" + record.actor() + " " : "";
        }
        StringBuilder dots = new StringBuilder();
        for (int i = 0; i < record.causal().siblingCount(); i++) {
            Sibling sibling = record.causal().sibling(i);
            dots.append(sibling.hlc()).append('@').append(sibling.actor()).append(' ');
        }
        return dots.toString();
    }

    @Test
    void whatIsShownIsNeverOlderUnlessSomebodyHasSeenItAndWrittenOverIt() {
        for (int step = 0; step < STEPS; step++) {
            Record a = records.any();
            Record b = records.any();
            Record merged = copy(a).merge(b);
            long now = random.nextInt(6);
            boolean live = isRegisterLive(a, now);
            boolean mergedLive = isRegisterLive(merged, now);
            if (!a.hasValue()) {
                continue;
            }
            boolean mergedShows = merged.isLive(now) && merged.showsCollection();
            if (a.isLive(now) && a.showsCollection()) {
                boolean newer = merged.hasValue() && Record.compareVersion(merged.hlc(), merged.actor(), a.hlc(), a.actor()) >= 0;
                boolean isVoid = !merged.isCausal()
                        || merged.causal().cleared().covers(a.hlc(), a.actor())
                        || new Context().of(merged).knows(a.hlc(), a.actor());
                // When it ends may have been put off, or not be known any more: then others of its changes are shown.
                boolean endsElsewhen = merged.isCausal() && a.causal().collectionEndMillis() != merged.causal().collectionEndMillis();
                assertThat(newer || isVoid || endsElsewhen).as("seed %d step %d now %d: %s and %s show %s", seed, step, now, a, b, merged).isTrue();
                continue;
            }
            Record shown = register(a, now);
            if (shown == null) {
                continue;
            }
            boolean superseded = new Context().of(merged).knows(shown.hlc(), shown.actor())
                    && !(merged.isCausal()
                            ? merged.causal().holds(shown.hlc(), shown.actor())
                            : merged.hlc() == shown.hlc() && merged.actor() == shown.actor());
            boolean newer = merged.hasValue()
                    && Record.compareVersion(merged.hlc(), merged.actor(), shown.hlc(), shown.actor()) >= 0;
            assertThat(newer || superseded || mergedShows || (mergedLive && !live) || !fate(a, shown).equals(fate(merged, shown)))
                    .as("seed %d step %d now %d: %s and %s show %s", seed, step, now, a, b, merged)
                    .isTrue();
        }
    }

    /** The write whose value is shown, counts aside. */
    private static Record register(Record record, long now) {
        if (!record.isCausal()) {
            return record;
        }
        int shown = record.causal().shown(now);
        return shown < 0 || record.causal().sibling(shown).isCollection()
                ? null
                : new Record().setTombstone(record.causal().sibling(shown).hlc(), record.causal().sibling(shown).actor());
    }

    /** Whether it is a value that is shown, and not what was counted upon a deletion. */
    private static boolean isRegisterLive(Record record, long now) {
        boolean live = record.isLive(now);
        if (!record.isCausal()) {
            return live;
        }
        int shown = record.causal().shown(now);
        return shown >= 0 && record.causal().isLive(shown, now);
    }

    /** When a write ends and whether it deletes, which another's expiry, or a second write of its very version, may have changed. */
    private static String fate(Record record, Record shown) {
        if (!record.isCausal()) {
            return record.expireAtMillis() + " " + record.isTombstone();
        }
        Causal causal = record.causal();
        int index = causal.indexOf(shown.hlc(), shown.actor());
        return index < 0 ? "none" : causal.endMillis(index) + " " + causal.sibling(index).isTombstone();
    }

    @Test
    void bytesThatAreNoRecordAreRefusedAndThoseThatAreHaveNoOtherForm() {
        int taken = 0;
        for (int step = 0; step < STEPS; step++) {
            byte[] bytes = encoded(records.any().merge(records.any()));
            int flips = 1 + random.nextInt(3);
            for (int i = 0; i < flips; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(4));
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length + random.nextInt(5) - 2));
            }
            Record record = new Record();
            try {
                record.wrap(bytes, 0, bytes.length);
            } catch (IllegalArgumentException e) {
                continue;
            }
            taken++;
            same("seed " + seed + " step " + step + " " + record, encoded(record), bytes);
            Record other = records.any();
            same("seed " + seed + " step " + step, encoded(copy(record).merge(other)), encoded(copy(other).merge(record)));
        }
        assertThat(taken).isGreaterThan(STEPS / 50);
    }

    private static void same(String context, byte[] actual, byte[] expected) {
        if (!Arrays.equals(actual, expected)) {
            assertThat(shown(actual)).as(context).isEqualTo(shown(expected));
            assertThat(actual).as(context).isEqualTo(expected);
        }
    }

    private static String shown(byte[] bytes) {
        return new Record().wrap(bytes, 0, bytes.length).toString();
    }
}
