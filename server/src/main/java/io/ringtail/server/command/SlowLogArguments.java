package io.ringtail.server.command;

import io.ringtail.protocol.Request;
import io.ringtail.server.metrics.SlowLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What the slow log keeps of a request's arguments: the first ones, the first bytes of each, and how much more there was. Pure. */
final class SlowLogArguments {
    private SlowLogArguments() {}

    static List<byte[]> of(Request request) {
        int count = Math.min(request.count(), SlowLog.MAX_ARGUMENTS);
        List<byte[]> kept = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            if (i == count - 1 && request.count() > count) {
                kept.add(ascii("... (" + (request.count() - count + 1) + " more arguments)"));
            } else if (request.size(i) > SlowLog.MAX_ARGUMENT_BYTES) {
                int more = request.size(i) - SlowLog.MAX_ARGUMENT_BYTES;
                byte[] note = ascii("... (" + more + " more bytes)");
                byte[] argument = new byte[SlowLog.MAX_ARGUMENT_BYTES + note.length];
                System.arraycopy(request.array(), request.offset(i), argument, 0, SlowLog.MAX_ARGUMENT_BYTES);
                System.arraycopy(note, 0, argument, SlowLog.MAX_ARGUMENT_BYTES, note.length);
                kept.add(argument);
            } else {
                kept.add(request.bytes(i));
            }
        }
        return kept;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
