package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What every message of gossip carries behind its header. Immutable, as long as nobody writes to its arrays.
 *
 * <pre>
 *   wall clock of the sender (8) · its epoch (8) · hash of the members it knows (8)
 *   form of the digests (1) · count · digests
 *       DENSE   of every member, in the order of ids          digest (5)
 *       SPARSE  of some                                       members passed over since the last (varint) · digest (5)
 *       NAMED   of some, to one who knows other members       id (8) · digest (5)
 *   count · member states
 *   count · ids (8) of members whose state is wanted
 * </pre>
 *
 * @param wallMillis of the sender's clock when it was sent
 * @param epoch the sender goes by
 * @param membersHash of the members the sender knows: only where it is the receiver's own do DENSE and SPARSE mean
 *     anything
 * @param states at most {@value #MAX_STATES}
 * @param wanted at most {@value #MAX_WANTED}
 */
record GossipMessage(
        long wallMillis, long epoch, long membersHash, Digests digests, List<MemberState> states, List<Long> wanted) {
    static final int MAX_STATES = 512;
    static final int MAX_WANTED = 256;

    /** Later than any clock will be set by accident, early enough that sums do not overflow. */
    private static final long MAX_WALL_MILLIS = 1L << 52;

    /** How members are named in digests; its ordinal goes over the wire. */
    enum Form {
        DENSE,
        SPARSE,
        NAMED
    }

    /** Digests and whose they are. */
    static final class Digests {
        final Form form;
        /** Indexes or ids, ascending. */
        private final long[] keys;
        private final long[] values;
        private int count;

        Digests(Form form, int capacity) {
            this.form = form;
            keys = new long[form == Form.DENSE ? 0 : capacity];
            values = new long[capacity];
        }

        void add(long key, long digest) {
            if (form != Form.DENSE) {
                keys[count] = key;
            }
            values[count++] = digest;
        }

        int count() {
            return count;
        }

        /** An index, or an id when {@link Form#NAMED}. */
        long key(int position) {
            return form == Form.DENSE ? position : keys[position];
        }

        long value(int position) {
            return values[position];
        }

        void write(MessageWriter out) {
            out.writeByte(form.ordinal());
            out.writeVarint(count);
            long nextKey = 0;
            for (int i = 0; i < count; i++) {
                if (form == Form.SPARSE) {
                    out.writeVarint((int) (keys[i] - nextKey));
                    nextKey = keys[i] + 1;
                } else if (form == Form.NAMED) {
                    out.writeLong(keys[i]);
                }
                out.writeByte((int) (values[i] >>> 32));
                out.writeInt((int) values[i]);
            }
        }

        static Digests read(MessageReader in) {
            int code = in.readByte();
            if (code >= FORMS.length) {
                throw new MalformedMessageException("digests of form " + code);
            }
            Form form = FORMS[code];
            int count = in.readVarint(Math.min(Topology.MAX_MEMBERS, in.remaining() / HeartbeatDigest.SIZE));
            Digests digests = new Digests(form, count);
            long nextKey = 0;
            for (int i = 0; i < count; i++) {
                long key = switch (form) {
                    case DENSE -> i;
                    case SPARSE -> nextKey + in.readVarint(Topology.MAX_MEMBERS);
                    case NAMED -> in.readLong();
                };
                if (key < nextKey) {
                    throw new MalformedMessageException("digest of member " + key + " behind one of " + (nextKey - 1));
                }
                nextKey = key + 1;
                digests.add(key, (long) in.readByte() << 32 | in.readInt() & 0xFFFFFFFFL);
            }
            return digests;
        }
    }

    private static final Form[] FORMS = Form.values();

    /** @param version of the protocol that who reads it speaks */
    void write(MessageWriter out, int version) {
        out.writeLong(wallMillis).writeLong(epoch).writeLong(membersHash);
        digests.write(out);
        out.writeVarint(states.size());
        for (MemberState state : states) {
            state.write(out, version);
        }
        out.writeVarint(wanted.size());
        for (long id : wanted) {
            out.writeLong(id);
        }
    }

    /**
     * Reads what is left of a message, all of it.
     *
     * @param version of the protocol that who wrote it spoke
     */
    static GossipMessage read(MessageReader in, int version) {
        long wallMillis = in.readLong();
        long epoch = in.readLong();
        if (wallMillis < 0 || wallMillis > MAX_WALL_MILLIS || epoch < 0) {
            throw new MalformedMessageException("gossip at " + wallMillis + " ms of epoch " + epoch);
        }
        long membersHash = in.readLong();
        Digests digests = Digests.read(in);
        int stateCount = in.readVarint(MAX_STATES);
        List<MemberState> states = new ArrayList<>();
        for (int i = 0; i < stateCount; i++) {
            states.add(MemberState.read(in, version));
        }
        int wantedCount = in.readVarint(MAX_WANTED);
        List<Long> wanted = new ArrayList<>();
        for (int i = 0; i < wantedCount; i++) {
            wanted.add(in.readLong());
        }
        in.finish();
        return new GossipMessage(wallMillis, epoch, membersHash, digests, states, wanted);
    }
}
