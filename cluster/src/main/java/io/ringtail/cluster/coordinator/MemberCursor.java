package io.ringtail.cluster.coordinator;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Of a cursor that begins among the members of a set, those that are in the set. Confined to one thread. */
final class MemberCursor implements RecordCursor {
    private final RecordCursor all;
    private final Key key;
    private final Record header;
    private final long fromHash;
    private final long nowMillis;

    /**
     * @param header of the set at {@code key}; neither may change before this is closed
     * @param fromHash unsigned; members of smaller hashes are passed over
     */
    MemberCursor(RecordCursor all, Key key, Record header, long fromHash, long nowMillis) {
        this.all = all;
        this.key = key;
        this.header = header;
        this.fromHash = fromHash;
        this.nowMillis = nowMillis;
    }

    @Override
    public boolean next() {
        while (all.next() && MemberKeys.isMember(all.key(), key, Record.TYPE_SET)) {
            if (Long.compareUnsigned(MemberKeys.hash(all.key()), fromHash) >= 0 && header.hasMember(all.record(), nowMillis)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Key key() {
        return all.key();
    }

    @Override
    public Record record() {
        return all.record();
    }

    @Override
    public void close() {
        all.close();
    }

    /**
     * Adds members to a list, from this cursor's place on, until it has so many.
     *
     * @param beforeHash unsigned, where to stop; 0 is at the end
     */
    void gather(Members into, long beforeHash) {
        while (!into.isEnough() && next()) {
            if (beforeHash != 0 && Long.compareUnsigned(MemberKeys.hash(key()), beforeHash) >= 0) {
                return;
            }
            into.add(key());
        }
    }

    /** Members gathered for a command. */
    static final class Members {
        /** Bytes of members that are gathered for one command. */
        static final int MAX_BYTES = 256 << 20;

        final int wanted;
        final List<byte[]> list = new ArrayList<>();
        private final int maxBytes;
        private long bytes;

        Members(int wanted, int maxBytes) {
            this.wanted = wanted;
            this.maxBytes = maxBytes;
        }

        boolean isEnough() {
            return list.size() >= wanted;
        }

        void add(Key member) {
            int offset = MemberKeys.memberOffset(member);
            list.add(Arrays.copyOfRange(member.bytes(), offset, member.size()));
            // What a list and an array take beside the member.
            bytes += member.size() - offset + 32;
            if (bytes > maxBytes) {
                throw new io.ringtail.cluster.quorum.QuorumException(
                        "ERR the set is too large for this command: its members are more than " + maxBytes + " bytes");
            }
        }
    }
}
