package io.ringtail.server.net;

import io.ringtail.cluster.coordinator.WriteRefusedException;
import org.jspecify.annotations.Nullable;

/** Something that has replies to send when a turn of its event loop ends. Confined to the event loop. */
interface TurnMember {
    /** The log did not take what the turn wrote. Called before {@link #endTurn}. */
    void refuse(WriteRefusedException refusal);

    /** Sends what was answered, or hands it to {@code turn} to wait. */
    void endTurn(@Nullable HeldTurn turn);

    /** Sends what was held and can go. Called at the end of a turn in which something may have become ready. */
    void sendReady();

    /** What it did at the turn's end has failed: it ends, and nobody else is concerned. */
    void failed(RuntimeException cause);

    /** Stops reading requests until {@link #unstall}; false when that is so already. */
    boolean stall();

    void unstall();
}
