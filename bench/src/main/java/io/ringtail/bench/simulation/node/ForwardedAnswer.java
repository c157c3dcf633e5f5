package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.check.Version;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts the outcome of an increment into words for the node that was asked for it: the count, or why there is none. Confined to the loop. */
record ForwardedAnswer(Consumer<String> back) implements Answer {
    @Override
    public void read(byte @Nullable [] value, @Nullable Version version) {
        throw new AssertionError("an increment was answered as a read");
    }

    @Override
    public void written(@Nullable Version version) {
        throw new AssertionError("an increment was answered as a write");
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
        back.accept("REFUSED " + why);
    }
}
