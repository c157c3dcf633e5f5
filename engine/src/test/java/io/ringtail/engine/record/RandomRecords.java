package io.ringtail.engine.record;

import java.util.Random;

/** Records of every kind, from few versions that collide on purpose: one version may stand for two values, which must not break a law either. */
public final class RandomRecords {
    private static final String[] VALUES = {"", "0", "7", "-3", "12", "word", "9223372036854775807"};

    private final Random random;

    public RandomRecords(Random random) {
        this.random = random;
    }

    public Record any() {
        Record record = branch();
        if (random.nextInt(3) == 0) {
            record.merge(branch());
        }
        if (random.nextInt(12) == 0) {
            record.prune(random.nextInt(3));
        }
        if (random.nextInt(12) == 0) {
            record.forgetThrough(random.nextInt(5));
        }
        return new Record().copyOf(record);
    }

    private Record branch() {
        Record record = new Record();
        int steps = 1 + random.nextInt(4);
        for (int step = 0; step < steps; step++) {
            add(record);
        }
        return record.detach();
    }

    private void add(Record record) {
        long actor = random.nextInt(3) - 1;
        long end = random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 0;
        byte[] value = value();
        if (random.nextInt(4) == 0) {
            record.merge(lastWriteWins(actor, end, value));
            return;
        }
        if (record.maxHlc() == -1) {
            // After the greatest of all nothing can be written.
            return;
        }
        long hlc = record.isEmpty() ? 1 + random.nextInt(3) : record.maxHlc() + 1 + random.nextInt(2);
        Context seen = new Context();
        if (random.nextInt(3) > 0) {
            seen.of(record);
        } else if (random.nextInt(2) == 0) {
            seen.of(new Record().setTombstone(random.nextInt(Math.toIntExact(hlc)), random.nextInt(3) - 1));
        }
        switch (random.nextInt(9)) {
            case 0 -> record.addTombstone(hlc, actor, seen);
            case 6 -> record.changeMember(hlc, actor, 1 + random.nextInt(2));
            case 7, 8 -> record.changeMembers(
                    hlc, actor, 1 + random.nextInt(2), random.nextBoolean(), seen, random.nextInt(3) == 0, random.nextInt(5));
            case 1 -> record.expire(hlc, actor, random.nextInt(4), random.nextInt(5));
            case 2 -> {
                long now = random.nextInt(5);
                if (!record.isLive(now) || Decimal.isLong(record.valueArray(), record.valueOffset(), record.valueSize())) {
                    record.increment(hlc, actor, random.nextInt(7) - 3, now);
                }
            }
            default -> record.addSibling(hlc, actor, seen, value, 0, value.length, end);
        }
    }

    private byte[] value() {
        return VALUES[random.nextInt(VALUES.length)].getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private Record lastWriteWins(long actor, long end, byte[] value) {
        long hlc = random.nextInt(5) - (random.nextInt(50) == 0 ? 1 : 0);
        return switch (random.nextInt(4)) {
            case 0 -> new Record().setTombstone(hlc, actor);
            case 1 -> new Record().setExpiry(hlc, actor, end);
            default -> new Record().setValue(hlc, actor, end, value, 0, value.length);
        };
    }

    public static byte[] encoded(Record record) {
        byte[] bytes = new byte[record.size()];
        int size = record.encode(bytes, 0);
        if (size != bytes.length) {
            throw new AssertionError(record + " is said to be of " + bytes.length + " bytes, and is of " + size);
        }
        return bytes;
    }

    /** A record that shares nothing with {@code record}. */
    public static Record copy(Record record) {
        byte[] bytes = encoded(record);
        return new Record().wrap(bytes, 0, bytes.length);
    }
}
