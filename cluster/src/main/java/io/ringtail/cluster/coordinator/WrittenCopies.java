package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.MemberSet;
import java.util.Arrays;

/**
 * Who has what one client has written: what was written here, counted as it is accepted, and what other nodes wrote for it, which are asked when the client wants to know.
 *
 * <p>Made with the client's {@link CommandContext}. Confined to the loop. An ordinary command costs it nothing but the counting; one carried out elsewhere a look into a
 * short list.
 */
final class WrittenCopies {
    /** Of what was written here; of a command carried out for another node it is that node's client's. */
    Acceptances own = new Acceptances();

    /** By which others know the client; 0 before any of its commands was carried out elsewhere. */
    long clientName;

    private long[] carriers = new long[0];
    /** The least that is known of what a carrier has written: what its answers promised, or what it has told. */
    private int[] copies = new int[0];

    private boolean[] settled = new boolean[0];
    private int carrierCount;
    private boolean isToldOf;
    private final MemberSet acceptors = new MemberSet();

    /**
     * A member carries out a command.
     *
     * @param atLeast how many will have it when it is answered
     */
    void carriedBy(long memberId, int atLeast) {
        if (isToldOf) {
            isToldOf = false;
            forgetSettled();
        }
        for (int i = 0; i < carrierCount; i++) {
            if (carriers[i] == memberId) {
                copies[i] = Math.min(copies[i], atLeast);
                settled[i] = false;
                return;
            }
        }
        if (carrierCount == carriers.length) {
            int capacity = Math.max(2, 2 * carrierCount);
            carriers = Arrays.copyOf(carriers, capacity);
            copies = Arrays.copyOf(copies, capacity);
            settled = Arrays.copyOf(settled, capacity);
        }
        carriers[carrierCount] = memberId;
        copies[carrierCount] = atLeast;
        settled[carrierCount] = false;
        carrierCount++;
    }

    private void forgetSettled() {
        int kept = 0;
        for (int i = 0; i < carrierCount; i++) {
            if (!settled[i]) {
                carriers[kept] = carriers[i];
                copies[kept] = copies[i];
                settled[kept] = false;
                kept++;
            }
        }
        carrierCount = kept;
    }

    int carrierCount() {
        return carrierCount;
    }

    long carrier(int index) {
        return carriers[index];
    }

    /** A carrier has said how many have what it wrote; 0 when it does not know. */
    void told(long memberId, int known, boolean isSettled, MemberSet by) {
        acceptors.addAll(by);
        for (int i = 0; i < carrierCount && known > 0; i++) {
            if (carriers[i] == memberId) {
                copies[i] = known;
                settled[i] = isSettled;
            }
        }
    }

    /** The fewest nodes that have something that was carried out elsewhere; {@link Integer#MAX_VALUE} when nothing was. */
    int elsewhere() {
        int fewest = Integer.MAX_VALUE;
        for (int i = 0; i < carrierCount; i++) {
            fewest = Math.min(fewest, copies[i]);
        }
        return fewest;
    }

    /** Who has any of it, as far as is known: after the carriers have been asked, all. */
    MemberSet holders() {
        MemberSet all = new MemberSet();
        all.addAll(own.acceptors());
        all.addAll(acceptors);
        for (int i = 0; i < carrierCount; i++) {
            all.add(carriers[i]);
        }
        return all;
    }

    /** The client has been told. */
    void told() {
        own.told();
        isToldOf = true;
        acceptors.clear();
    }
}
