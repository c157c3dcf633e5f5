package io.ringtail.cluster.transfer;

import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/** Brings records to other members, as the messages that a coordinator sends. The node's, which knows on which loop that is done. Called on the control loop. */
public interface RecordCarrier {
    /** What became of the records of a page that were sent. */
    enum Written {
        /** The member holds each, or something later, as durably as it acknowledges a write. */
        TAKEN,
        /** The member takes one of them to be too far ahead of its clock; the others it may have taken. */
        TOO_FAR_AHEAD,
        /** Nothing is known of them. */
        FAILED
    }

    /**
     * Asks a member which records of a page it does not hold likewise.
     *
     * @param epoch of the ring that the page was read by: a member of another epoch does not answer
     * @param told called on the control loop, once and not from within: with the indexes of those records, or null when the member did not say
     */
    void compare(long memberId, long epoch, TransferPage page, Consumer<@Nullable BitSet> told);

    /**
     * Sends some of a page's records.
     *
     * @param told called on the control loop, once and not from within; also with the index of a record that is too far ahead, where there is one
     */
    void write(long memberId, long epoch, TransferPage page, BitSet which, ObjIntConsumer<Written> told);

    /** Has a member clear each database through the time that it was cleared through here, where it was. */
    void clear(long memberId, long epoch, long[] floors, Consumer<Boolean> told);
}
