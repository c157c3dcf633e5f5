package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.ring.RingView;
import org.jspecify.annotations.Nullable;

/**
 * A data request that a replica has refused as a whole: nothing of it was done.
 *
 * @param why for people; may be empty
 */
record Refusal(ReplyStatus status, String why) {
    private static final int MAX_TEXT = 1 << 16;

    /**
     * Reads how an answer begins. What it tells of another epoch is passed on.
     *
     * @return null when the request was done, and what it says of each entry follows
     */
    static @Nullable Refusal read(long memberId, MessageReader answer, RingView ringView) {
        ReplyStatus status = ReplyStatus.of(answer.readByte());
        if (status == ReplyStatus.DONE) {
            return null;
        }
        long epoch = answer.readLong();
        Refusal refusal = new Refusal(status, answer.readText(MAX_TEXT));
        answer.finish();
        if (status == ReplyStatus.STALE_EPOCH || status == ReplyStatus.BEHIND) {
            ringView.heardOfEpoch(memberId, epoch);
        }
        return refusal;
    }

    /** Whether it is about the topology: soon both sides will know the same one, and what was asked for can begin anew on that. */
    boolean isOfTopology() {
        return status == ReplyStatus.STALE_EPOCH || status == ReplyStatus.BEHIND || status == ReplyStatus.FROZEN;
    }
}
