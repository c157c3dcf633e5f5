package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Operation.Outcome;
import io.ringtail.bench.simulation.check.Operation.Request;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A history written by hand: each operation with the times at which it begins and ends, quorums of two of three unless it says otherwise. */
final class Story {
    static final String KEY = "k";

    /** One operation; what is not said of it is as in a good story. */
    static final class Step {
        private final Kind kind;
        private final @Nullable String value;
        private final int from;
        private final int to;
        private String key = KEY;
        private Outcome outcome = Outcome.OK;
        private Quorum quorum = new Quorum(3, 2, true);
        private @Nullable Version version;
        private long expireAtMillis;
        private long wallLowMillis;
        private long wallHighMillis = Long.MAX_VALUE;
        private long epoch = 1;
        private @Nullable List<String> seen;
        private List<String> siblings = List.of();
        private @Nullable Operation operation;

        private Step(Kind kind, @Nullable String value, int from, int to) {
            this.kind = kind;
            this.value = value;
            this.from = from;
            this.to = to;
        }

        Step version(long hlc) {
            version = new Version(hlc, 1);
            return this;
        }

        Step required(int required) {
            quorum = new Quorum(3, required, true);
            return this;
        }

        /** What the writer of a sibling had seen. */
        Step havingSeen(String... values) {
            seen = List.of(values);
            return this;
        }

        /** By which topology its coordinator carried it out. */
        Step inEpoch(long number) {
            epoch = number;
            return this;
        }

        Step sloppy() {
            quorum = new Quorum(3, 2, false);
            return this;
        }

        Step at(Quorum other) {
            quorum = other;
            return this;
        }

        Step refused() {
            outcome = Outcome.REFUSED;
            return this;
        }

        Step unknown() {
            outcome = Outcome.UNKNOWN;
            return this;
        }

        Step of(String otherKey) {
            key = otherKey;
            return this;
        }

        Step until(long millis) {
            expireAtMillis = millis;
            return this;
        }

        /** What clocks showed: the coordinator's at least, any at most. */
        Step wall(long lowMillis, long highMillis) {
            wallLowMillis = lowMillis;
            wallHighMillis = highMillis;
            return this;
        }
    }

    private final List<Step> steps = new ArrayList<>();
    private final Map<Integer, Map<String, Held>> contents = new TreeMap<>();
    private final List<Step> last = new ArrayList<>();
    private @Nullable History history;

    private Step add(Kind kind, @Nullable String value, int from, int to) {
        Step step = new Step(kind, value, from, to);
        steps.add(step);
        return step;
    }

    Step write(String value, int from, int to) {
        return add(Kind.WRITE, value, from, to);
    }

    Step delete(int from, int to) {
        return add(Kind.DELETE, null, from, to);
    }

    Step expire(long atMillis, int from, int to) {
        return add(Kind.EXPIRE, null, from, to).until(atMillis);
    }

    /** A read that sees {@code value}, null for nothing. */
    Step read(@Nullable String value, int from, int to) {
        return add(Kind.READ, value, from, to);
    }

    Step writeSibling(String value, int from, int to) {
        return add(Kind.WRITE_SIBLING, value, from, to);
    }

    Step deleteSiblings(int from, int to) {
        return add(Kind.WRITE_SIBLING, null, from, to);
    }

    Step readSiblings(int from, int to, String... values) {
        Step step = add(Kind.READ_SIBLINGS, null, from, to);
        step.siblings = List.of(values);
        return step;
    }

    Step lastReadSiblings(int from, int to, String... values) {
        Step step = readSiblings(from, to, values);
        last.add(step);
        return step;
    }

    /** An expiry that has found these. */
    Step expireSiblings(long atMillis, int from, int to, String... values) {
        Step step = add(Kind.EXPIRE_SIBLINGS, null, from, to).until(atMillis);
        step.siblings = List.of(values);
        return step;
    }

    /** An increment of a counter that merges. */
    Step count(int from, int to) {
        return add(Kind.COUNT, null, from, to);
    }

    Step increment(long result, int from, int to) {
        return add(Kind.INCREMENT, Long.toString(result), from, to);
    }

    /** A read after all is over. */
    Step lastRead(@Nullable String value, int from, int to) {
        Step step = read(value, from, to);
        last.add(step);
        return step;
    }

    /** In the end a node holds this. */
    Story holds(int node, @Nullable String value, long version) {
        return holds(node, new Held(new Version(version, 1), value, 0, null));
    }

    Story holds(int node, Held held) {
        contents.computeIfAbsent(node, unused -> new TreeMap<>()).put(KEY, held);
        return this;
    }

    History history() {
        History told = history;
        if (told == null) {
            told = tell();
            history = told;
        }
        return told;
    }

    private History tell() {
        record Moment(int at, boolean begins, Step step) {}
        List<Moment> moments = new ArrayList<>();
        for (Step step : steps) {
            moments.add(new Moment(step.from, true, step));
            moments.add(new Moment(step.to, false, step));
        }
        moments.sort(Comparator.comparingInt(Moment::at));
        History told = new History();
        for (Moment moment : moments) {
            Step step = moment.step;
            boolean sees = step.kind == Kind.READ || step.kind == Kind.INCREMENT;
            if (moment.begins) {
                Request request = new Request(
                        0, step.kind, step.key, sees ? null : step.value, step.expireAtMillis, 0, step.quorum, step.seen);
                step.operation = told.invoke(request, moment.at);
            } else {
                told.complete(step.operation, step.outcome, sees ? step.value : null, step.version, "", moment.at);
                step.operation.wall(step.wallLowMillis, step.wallHighMillis);
                step.operation.siblings(step.siblings);
                step.operation.epochs(step.epoch, step.epoch);
            }
        }
        return told;
    }

    /** With replicas 0, 1 and 2 of the one key. */
    FinalState state() {
        history();
        return new FinalState(
                Map.of(KEY, List.of(0, 1, 2)), contents, last.stream().map(step -> step.operation).toList(), 1_000_000);
    }
}
