package io.ringtail.server.command;

import io.ringtail.protocol.Request;
import java.util.function.IntConsumer;

/** Which arguments of a request are keys, by the command table. Pure. */
final class KeyPositions {
    private KeyPositions() {}

    /** Calls {@code keys} with the index of each argument that is a key. */
    static void forEach(Command command, Request request, IntConsumer keys) {
        Command.KeyFinder finder = command.keyFinder();
        if (finder != null) {
            finder.find(request, keys);
            return;
        }
        if (command.firstKey() <= 0) {
            return;
        }
        int last = command.lastKey() < 0 ? request.count() + command.lastKey() : command.lastKey();
        int step = Math.max(1, command.keyStep());
        for (int i = command.firstKey(); i <= last && i < request.count(); i += step) {
            keys.accept(i);
        }
    }

    /** Whether the command can have keys at all. */
    static boolean hasKeys(Command command) {
        return command.keyFinder() != null || command.firstKey() > 0;
    }
}
