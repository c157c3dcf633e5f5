package io.ringtail.cluster.quorum;

import java.util.Arrays;

/** A few members, each once: as many as a key has replicas, mostly. Confined to the loop. */
public final class MemberSet {
    private long[] ids = new long[4];
    private int count;

    public void add(long memberId) {
        for (int i = 0; i < count; i++) {
            if (ids[i] == memberId) {
                return;
            }
        }
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
        }
        ids[count++] = memberId;
    }

    public int count() {
        return count;
    }

    public long id(int index) {
        return ids[index];
    }

    public void addAll(MemberSet others) {
        for (int i = 0; i < others.count; i++) {
            add(others.ids[i]);
        }
    }

    public void clear() {
        count = 0;
    }
}
