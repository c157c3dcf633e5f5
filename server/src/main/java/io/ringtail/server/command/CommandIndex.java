package io.ringtail.server.command;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Finds a command by the bytes of its name, in any case, without making a string of them: an open-addressed table at most a quarter full.
 *
 * <p>Immutable.
 */
final class CommandIndex {
    private final byte[][] names;
    private final @Nullable Command[] commands;
    private final int mask;

    CommandIndex(Collection<Command> all) {
        int capacity = Integer.highestOneBit(Math.max(all.size(), 1)) * 8;
        mask = capacity - 1;
        names = new byte[capacity][];
        commands = new @Nullable Command[capacity];
        for (Command command : all) {
            byte[] name = command.name().getBytes(StandardCharsets.US_ASCII);
            int at = hash(name, 0, name.length) & mask;
            while (commands[at] != null) {
                at = (at + 1) & mask;
            }
            names[at] = name;
            commands[at] = command;
        }
    }

    @Nullable Command find(byte[] array, int offset, int size) {
        int at = hash(array, offset, size) & mask;
        while (true) {
            Command command = commands[at];
            if (command == null || equal(names[at], array, offset, size)) {
                return command;
            }
            at = (at + 1) & mask;
        }
    }

    /** Letters hash alike in both cases; so do a few other characters, which {@link #equal} tells apart. */
    private static int hash(byte[] array, int offset, int size) {
        int hash = size;
        // No name is as long as 32 bytes: what is longer need not be read.
        int end = offset + Math.min(size, 32);
        for (int i = offset; i < end; i++) {
            hash = hash * 31 + (array[i] | 0x20);
        }
        return hash ^ (hash >>> 15);
    }

    private static boolean equal(byte[] name, byte[] array, int offset, int size) {
        if (name.length != size) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            int c = array[offset + i];
            if (c >= 'A' && c <= 'Z') {
                c += 'a' - 'A';
            }
            if (c != name[i]) {
                return false;
            }
        }
        return true;
    }
}
