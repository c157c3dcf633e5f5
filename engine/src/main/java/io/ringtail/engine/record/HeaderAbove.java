package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * Of a walk in key order, what stands above the members of a collection that it meets: the record of their key, mostly a header, which comes before them. Where a walk begins among members, or meets only a part of the records there are, its owner
 * looks for the rest.
 *
 * <p>Confined to one thread; reused from key to key.
 */
public final class HeaderAbove {
    private final Key key = new Key();
    private final Record record = new Record();
    private boolean isAtAny;

    /** The walk has met the record of a key itself. */
    public void meet(Key met, Record held) {
        at(met.bytes(), met.size());
        if (held.isCollection()) {
            record.copyOf(held);
        } else {
            record.versionsOf(held);
        }
    }

    /** The walk has met a member under another key than the last: of its key nothing is known yet. */
    public void begin(Key member) {
        at(member.bytes(), headerSize(member));
        record.clear();
    }

    private void at(byte[] bytes, int size) {
        key.setEncoded(bytes, 0, size);
        isAtAny = true;
    }

    private static int headerSize(Key member) {
        return member.userKeyOffset() + member.userKeySize();
    }

    /** Whether it is a member's key, and the key above is that of its collection. */
    public boolean isAbove(Key member) {
        int size = headerSize(member);
        return isAtAny && member.size() > size && size == key.size() && Arrays.equals(member.bytes(), 0, size, key.bytes(), 0, size);
    }

    public static boolean isMember(Key any) {
        return any.size() > headerSize(any);
    }

    /** More of the record above was found. */
    public void merge(Record more) {
        record.merge(more).detach();
    }

    public Key key() {
        return key;
    }

    /** What is known of the record above, without its value unless it is the header of a collection; may be changed. */
    public Record record() {
        return record;
    }
}
