package io.ringtail.cluster.quorum;

import org.jspecify.annotations.Nullable;

/** Told what became of asking for a page of a walk, once, on the loop, not from within the call that asked. */
@FunctionalInterface
public interface WalkListener {
    /**
     * @param page the caller's from now on, on whatever thread; null when it failed
     * @param failure an error reply; null when it went well
     */
    void page(@Nullable WalkPage page, @Nullable String failure);
}
