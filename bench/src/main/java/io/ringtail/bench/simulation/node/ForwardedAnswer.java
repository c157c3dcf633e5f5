package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.check.Version;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts the outcome of a change into words for the node that was asked for it: the count, that it is written, or why it is not. Confined to the loop. */
record ForwardedAnswer(Consumer<String> back) implements Answer {
    static final String WRITTEN = "WRITTEN";
    private static final String REFUSED = "REFUSED ";
    static final String NOTHING_TO_REMOVE = REFUSED + RunningLoop.NOTHING_TO_REMOVE;

    @Override
    public void read(byte @Nullable [] value, @Nullable Version version) {
        throw new AssertionError("a change was answered as a read");
    }

    @Override
    public void written(@Nullable Version version) {
        back.accept(WRITTEN);
    }

    @Override
    public void counted(long count) {
        back.accept(Long.toString(count));
    }

    @Override
    public void unknown(String why) {
        back.accept("UNKNOWN " + why);
    }

    @Override
    public void refused(String why) {
        back.accept(REFUSED + why);
    }
}
