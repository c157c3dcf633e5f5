package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.check.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Notes how something that was asked for ended: {@code OK}, {@code nothing} or {@code a value} of a read, or why it did not go well. */
record Outcome(List<String> answers) implements Answer {
    @Override
    public void read(byte @Nullable [] value, @Nullable Version version) {
        answers.add(value == null ? "nothing" : "a value");
    }

    @Override
    public void written(@Nullable Version version) {
        answers.add("OK");
    }

    @Override
    public void counted(long count) {
        answers.add("counted");
    }

    @Override
    public void unknown(String why) {
        answers.add(why);
    }

    @Override
    public void refused(String why) {
        answers.add(why);
    }
}
