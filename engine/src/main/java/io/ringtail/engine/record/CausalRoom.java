package io.ringtail.engine.record;

/** What a {@link Record} needs once it has to do with causal records, made then and reused. Confined to one thread at a time. */
final class CausalRoom {
    /** The record, while it is causal. */
    final Causal state = new Causal();

    /** Another record that is not causal, as if it were. */
    final Causal theirs = new Causal();

    /** For what is tried out. */
    final Causal trial = new Causal();

    /** The value of a counter. */
    final byte[] digits = new byte[Decimal.MAX_SIZE];

    final ByteSource source = new ByteSource();
}
