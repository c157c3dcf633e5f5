package io.ringtail.engine.record;

/**
 * What a {@link Record} needs once it has to do with causal records, made then and reused. Keeps the bytes of the state, too, once somebody has asked for them: a memtable and a log take the same. Confined to one thread at a time.
 */
final class CausalRoom {
    /** Longer bytes are made anew each time, and not kept. */
    private static final int KEPT_SIZE = 1 << 16;

    private static final byte[] EMPTY = new byte[0];

    /** The record, while it is causal. */
    final Causal state = new Causal();

    /** Another record that is not causal, as if it were. */
    final Causal theirs = new Causal();

    /** For what is tried out. */
    final Causal trial = new Causal();

    /** The value of a counter. */
    final byte[] digits = new byte[Decimal.MAX_SIZE];

    final ByteSource source = new ByteSource();

    /** Bytes of the encoded state; negative while nobody has asked. */
    private int size = -1;

    private byte[] encoded = EMPTY;
    private boolean isEncoded;

    /** The state has changed. */
    void forgetEncoded() {
        size = -1;
        isEncoded = false;
    }

    int size() {
        if (size < 0) {
            size = Math.toIntExact(CausalFormat.size(state));
        }
        return size;
    }

    byte[] encoded() {
        int needed = size();
        if (needed > KEPT_SIZE) {
            byte[] once = new byte[needed];
            int ignored = CausalFormat.encode(state, once, 0, true);
            return once;
        }
        if (!isEncoded) {
            if (encoded.length < needed) {
                encoded = new byte[Math.min(KEPT_SIZE, Math.max(2 * needed, 128))];
            }
            int ignored = CausalFormat.encode(state, encoded, 0, true);
            isEncoded = true;
        }
        return encoded;
    }
}
