package io.ringtail.server.command;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.ReadGroup;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.protocol.Request;
import io.ringtail.server.session.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one client's turn that were answered with what this node holds: kept so that those can be run again which other replicas do not confirm.
 *
 * <p>Made for a turn in which there are any, and reused when its replies are sent. Confined to the event loop.
 */
public final class ShownReads {
    /** Bytes of requests of one turn; reads beyond are not shown before they are confirmed. */
    private static final int MAX_BYTES = 1 << 20;

    private final MessageWriter requests = new MessageWriter();
    private int[] replyIndexes = new int[16];
    private int[] offsets = new int[16];
    private int count;
    private int database;
    private int protocolVersion;
    private @Nullable ConsistencyLevel readLevel;
    private @Nullable ReadGroup group;

    /** Starts with none. */
    public ShownReads begin() {
        requests.beginBare();
        count = 0;
        group = null;
        return this;
    }

    /** Whether a command that {@code session} sends now can be kept with those that are here: what it depends on is kept once for all of them. */
    public boolean takes(Session session) {
        return count == 0
                || (requests.size() < MAX_BYTES
                        && session.database() == database
                        && session.protocolVersion() == protocolVersion
                        && session.context().readLevel() == readLevel);
    }

    public void add(Session session, Request request, int replyIndex) {
        if (count == 0) {
            database = session.database();
            protocolVersion = session.protocolVersion();
            readLevel = session.context().readLevel();
        } else if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * count);
            replyIndexes = Arrays.copyOf(replyIndexes, 2 * count);
        }
        offsets[count] = requests.size();
        replyIndexes[count++] = replyIndex;
        write(request);
    }

    /** All arguments in one piece, as they stand in what the client sent, with what is between them: most are short, and a copy of each would cost more. */
    private void write(Request request) {
        int arguments = request.count();
        int begin = request.offset(0);
        int end = request.offset(arguments - 1) + request.size(arguments - 1);
        requests.writeVarint(arguments);
        for (int i = 0; i < arguments; i++) {
            requests.writeVarint(request.offset(i) - begin).writeVarint(request.size(i));
        }
        requests.writeRaw(request.array(), begin, end - begin);
    }

    private Request read(int offset, int size) {
        MessageReader in = new MessageReader().wrap(requests.bytes(), offset, size);
        int arguments = in.readVarint(size);
        int[] offsets = new int[arguments];
        int[] sizes = new int[arguments];
        for (int i = 0; i < arguments; i++) {
            offsets[i] = in.readVarint(size);
            sizes[i] = in.readVarint(size);
        }
        int begin = offset + size - in.remaining();
        byte[][] request = new byte[arguments][];
        for (int i = 0; i < arguments; i++) {
            request[i] = Arrays.copyOfRange(requests.bytes(), begin + offsets[i], begin + offsets[i] + sizes[i]);
        }
        return Request.of(request);
    }

    /** The turn has ended: these are the reads that its replies wait for. */
    public void group(ReadGroup ofTurn) {
        group = ofTurn;
    }

    public ReadGroup group() {
        ReadGroup known = group;
        if (known == null) {
            throw new IllegalStateException("the turn of these reads goes on");
        }
        return known;
    }

    public int bytes() {
        return requests.size();
    }

    public int database() {
        return database;
    }

    public int protocolVersion() {
        return protocolVersion;
    }

    public @Nullable ConsistencyLevel readLevel() {
        return readLevel;
    }

    /** The commands that have to be run again, and the indexes of their replies, both in order. */
    public Doubtful doubtful() {
        BitSet indexes = group().doubtfulReplies();
        List<Request> doubtful = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (indexes.get(replyIndexes[i])) {
                int end = i + 1 < count ? offsets[i + 1] : requests.size();
                doubtful.add(read(offsets[i], end - offsets[i]));
            }
        }
        return new Doubtful(doubtful, indexes.stream().toArray());
    }

    /** @param replyIndexes of the replies to {@code requests} */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Doubtful(List<Request> requests, int[] replyIndexes) {}
}
