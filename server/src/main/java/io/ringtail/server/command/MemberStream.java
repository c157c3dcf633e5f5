package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of one set in the order of their hashes, those of one hash in their own. Made for one command; confined to its thread. */
abstract sealed class MemberStream implements AutoCloseable {
    private static final byte[] NO_BYTES = {};

    /** That of a set which is not there. */
    static final MemberStream NONE = new Gathered(List.of());

    byte[] array = NO_BYTES;
    int offset;
    int size;
    long hash;

    /** Moves to the next member; false behind the last. */
    abstract boolean next();

    /** Moves on to the first member that is not before another stream's; false when there is none. It stands at a member before that. */
    boolean seek(MemberStream other) {
        while (next()) {
            if (compareTo(other) >= 0) {
                return true;
            }
        }
        return false;
    }

    final int compareTo(MemberStream other) {
        int order = Long.compareUnsigned(hash, other.hash);
        return order != 0
                ? order
                : Arrays.compareUnsigned(array, offset, offset + size, other.array, other.offset, other.offset + other.size);
    }

    @Override
    public void close() {}

    /** What was gathered, from the first member on. */
    static final class Gathered extends MemberStream {
        private final List<byte[]> members;
        private int next;

        Gathered(List<byte[]> members) {
            this.members = members;
        }

        @Override
        boolean next() {
            if (next == members.size()) {
                return false;
            }
            array = members.get(next++);
            size = array.length;
            hash = MemberKeys.hash(array, 0, size);
            return true;
        }
    }

    /** A set being walked. One that looks for a member far ahead begins again there. */
    static final class Walked extends MemberStream {
        private static final int STEPS_BEFORE_LEAP = 64;

        private final DataSession data;
        private final Key key;
        private final Record header;
        private @Nullable RecordCursor cursor;

        Walked(DataSession data, Key key, Record header) {
            this.data = data;
            this.key = key;
            this.header = header;
        }

        @Override
        boolean next() {
            RecordCursor at = cursor;
            if (at == null) {
                at = data.members(key, header, 0);
                cursor = at;
            }
            if (!at.next()) {
                return false;
            }
            Key member = at.key();
            array = member.bytes();
            offset = MemberKeys.memberOffset(member);
            size = MemberKeys.memberSize(member);
            hash = MemberKeys.hash(member);
            return true;
        }

        @Override
        boolean seek(MemberStream other) {
            for (int i = 0; i < STEPS_BEFORE_LEAP; i++) {
                if (!next()) {
                    return false;
                }
                if (compareTo(other) >= 0) {
                    return true;
                }
            }
            close();
            cursor = data.members(key, header, other.hash);
            return super.seek(other);
        }

        @Override
        public void close() {
            RecordCursor open = cursor;
            if (open != null) {
                cursor = null;
                open.close();
            }
        }
    }
}
