package io.ringtail.cluster.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Digests of records with siblings are equal just when the records are. */
class CausalDigestTest {
    private static final byte[][] VALUES = {{}, {1}, {2, 2}, {3, 3, 3}};

    private static Record random(Random random) {
        Record record = new Record();
        int steps = 1 + random.nextInt(4);
        for (int step = 0; step < steps; step++) {
            long hlc = record.maxHlc() + 1 + random.nextInt(2);
            long actor = random.nextInt(3);
            Context seen = random.nextBoolean() ? new Context().of(record) : new Context();
            // One dot stands for one value, as it does in life.
            byte[] value = VALUES[(int) ((hlc + actor) & 3)];
            switch (random.nextInt(5)) {
                case 0 -> record.expire(hlc, actor, hlc * 3);
                case 1 -> record.merge(new Record().setValue(hlc, actor, 0, value, 0, value.length));
                case 2 -> record.changeMember(hlc, actor, Record.TYPE_SET);
                default -> record.addSibling(hlc, actor, seen, value, 0, value.length, 0);
            }
        }
        return record.detach();
    }

    private static byte[] encoded(Record record) {
        byte[] bytes = new byte[record.size()];
        record.encode(bytes, 0);
        return bytes;
    }

    private static Digest sent(Digest digest) {
        MessageWriter out = new MessageWriter();
        digest.write(out);
        return new Digest().read(new MessageReader().wrap(out.bytes(), 0, out.size()));
    }

    @Test
    void areEqualJustWhenTheRecordsAre() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            records.add(random(random));
        }
        Digest a = new Digest();
        Digest b = new Digest();
        for (Record left : records) {
            a.set(left);
            assertThat(sent(a).isSameAs(a)).as("seed %d %s", seed, left).isTrue();
            for (Record right : records) {
                b.set(right);
                boolean equal = Arrays.equals(encoded(left), encoded(right));
                String context = "seed " + seed + " " + left + " and " + right;
                assertThat(a.isSameAs(b)).as(context).isEqualTo(equal);
                assertThat(a.hash(7) == b.hash(7)).as(context).isEqualTo(equal);
                if (left.isCausal() || right.isCausal()) {
                    assertThat(a.covers(b)).as(context).isEqualTo(equal);
                } else if (a.covers(b)) {
                    assertThat(left.covers(right)).as(context).isTrue();
                }
            }
        }
    }

    @Test
    void aCausalRecordCoversOneOfWhichNothingIsHeld() {
        Record record = new Record().addSibling(1, 1, new Context(), new byte[] {1}, 0, 1, 0);
        Digest causal = new Digest().set(record);
        Digest nothing = new Digest().set(new Record());
        assertThat(causal.covers(nothing)).isTrue();
        assertThat(nothing.covers(causal)).isFalse();
        Digest copy = new Digest();
        copy.copy(causal);
        assertThat(copy.isSameAs(causal)).isTrue();
        assertThat(causal.hlc()).isEqualTo(1);
    }
}
