package io.ringtail.server.net;

import io.ringtail.cluster.quorum.ReadGroup;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.ShownReads;
import io.ringtail.server.session.Session;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one connection's present turn that were answered with what this node holds, before others have confirmed it; and the memory for the next such turn's.
 *
 * <p>Made with the connection. Confined to its event loop.
 */
final class TurnReads {
    /** Larger memory for the requests of a turn's reads is given up. */
    private static final int MAX_SPARE_BYTES = 16 * 1024;

    private final Session session;
    private @Nullable ShownReads shown;
    private @Nullable ShownReads spare;

    TurnReads(Session session) {
        this.session = session;
    }

    /** Whether the command that comes next may be answered so. */
    boolean takesNext() {
        return shown == null || shown.takes(session);
    }

    /** Keeps a command that was answered so, to be run again should others not confirm it. */
    void add(Request read, int replyIndex) {
        ShownReads reads = shown;
        if (reads == null) {
            reads = spare == null ? new ShownReads() : spare;
            spare = null;
            shown = reads.begin();
        }
        reads.add(session, read, replyIndex);
    }

    /** The turn has ended: takes the reads that its replies wait for; null when there are none. */
    @Nullable ShownReads take() {
        ReadGroup group = session.context().takeReads();
        ShownReads reads = shown;
        shown = null;
        if (group == null || reads == null) {
            return null;
        }
        reads.group(group);
        return reads;
    }

    /** The replies to these have gone. */
    void told(ShownReads reads) {
        if (reads.bytes() <= MAX_SPARE_BYTES) {
            spare = reads;
        }
    }
}
