package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.check.Version;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts the outcome of a change into words for the node that was asked for it: the count, that it is written, what has been given an end, or why it is not done. Confined to the loop. */
record ForwardedAnswer(Consumer<String> back) implements Answer {
    static final String WRITTEN = "WRITTEN";
    /** What stands behind it are the siblings, which have no blanks in them. */
    static final String EXPIRED = "EXPIRED ";

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
    public void expired(List<byte[]> values) {
        back.accept(EXPIRED + values.stream().map(value -> new String(value, StandardCharsets.UTF_8)).collect(Collectors.joining(" ")));
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
