package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proves that no acknowledged write is hidden by one that was acknowledged before it began, wherever their quorums meet, whatever clocks showed: the later one has
 * the greater version, and what is left in the end was not written by an operation that was over when another acknowledged one began.
 */
public final class NothingShadowed {
    private NothingShadowed() {}

    public static List<Violation> check(History history, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            Violation violation = byVersions(key);
            Held left = state.merged(key.key());
            if (violation == null && left != null) {
                violation = ofWhatIsLeft(key, left.value());
            }
            if (violation != null) {
                violations.add(violation);
            }
        }
        return violations;
    }

    private static @Nullable Violation byVersions(KeyHistory key) {
        for (Operation earlier : key.acknowledged()) {
            Version version = earlier.version();
            if (version == null) {
                continue;
            }
            for (Operation later : key.acknowledged()) {
                Version laterVersion = later.version();
                if (laterVersion != null
                        && earlier.precedes(later)
                        && earlier.quorum().meets(later.quorum())
                        && !version.isOlderThan(laterVersion)) {
                    return new Violation(
                            NothingShadowed.class,
                            key.key(),
                            "a write has no greater version than one that was acknowledged before it began",
                            earlier,
                            later);
                }
            }
        }
        return null;
    }

    private static @Nullable Violation ofWhatIsLeft(KeyHistory key, @Nullable String value) {
        Operation writer = value == null ? null : key.writerOf(value);
        if (writer == null) {
            return null;
        }
        Operation hidden = key.laterChange(writer, Operation.NEVER, later -> writer.quorum().meets(later.quorum()));
        return hidden == null
                ? null
                : new Violation(
                        NothingShadowed.class,
                        key.key(),
                        "what is left was acknowledged before another write began, which it hides",
                        writer,
                        hidden);
    }
}
