package io.ringtail.cluster.quorum;

import java.util.Arrays;

/** The entries of a message with records, in their order: which operation's target each is. Confined to the loop. */
final class WriteEntries {
    WriteOperation[] operations = new WriteOperation[64];
    byte[] targets = new byte[64];
    /** The attempts that the entries belong to: until the message goes, an operation may have ended and become another. */
    int[] attempts = new int[64];

    int count;

    void add(WriteOperation operation, int target) {
        if (count == operations.length) {
            operations = Arrays.copyOf(operations, 2 * count);
            targets = Arrays.copyOf(targets, 2 * count);
            attempts = Arrays.copyOf(attempts, 2 * count);
        }
        operations[count] = operation;
        attempts[count] = operation.attempt;
        targets[count++] = (byte) target;
    }
}
