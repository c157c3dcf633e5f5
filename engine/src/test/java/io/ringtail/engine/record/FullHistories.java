package io.ringtail.engine.record;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What causal records are to mean, with nothing to save space: every event is kept, with the set of all events that its writer had seen. No vectors, no floors, no sums. Events are numbers, sets of them
 * are bits; a replica is the set of events it has been told of.
 */
final class FullHistories {
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+");

    enum Kind {
        /** A value or tombstone over what a client had seen. */
        WRITE,
        /** A value or tombstone over all that is older. */
        LAST_WRITE_WINS,
        INCREMENT,
        /** Ends siblings that its writer had. */
        EXPIRE,
        /** Ends whatever is not later. */
        LAST_EXPIRE_WINS
    }

    /** @param supersedes what a write was made over · @param seen all that its writer knew of · @param targets the writes that an EXPIRE ends */
    record Event(
            int id, Kind kind, long hlc, long actor, boolean tombstone, String value, long end, long delta, BitSet supersedes,
            BitSet seen, BitSet targets) {
        boolean isRegister() {
            return kind == Kind.WRITE || kind == Kind.LAST_WRITE_WINS;
        }
    }

    final List<Event> events = new ArrayList<>();

    /** Makes an event; the caller puts it into a history. */
    Event add(
            Kind kind, long hlc, long actor, boolean tombstone, String value, long end, long delta, BitSet supersedes, BitSet seen,
            BitSet targets) {
        Event event = new Event(events.size(), kind, hlc, actor, tombstone, value, end, delta, supersedes, seen, targets);
        events.add(event);
        return event;
    }

    private static int compare(Event a, Event b) {
        return Record.compareVersion(a.hlc, a.actor, b.hlc, b.actor);
    }

    /** All that a replica knows of: what it was told, and what that was written over. */
    BitSet known(BitSet history) {
        BitSet known = (BitSet) history.clone();
        known.or(superseded(history));
        return known;
    }

    private BitSet superseded(BitSet history) {
        BitSet superseded = new BitSet();
        for (Event event : of(history)) {
            superseded.or(event.supersedes);
        }
        return superseded;
    }

    private List<Event> of(BitSet history) {
        List<Event> told = new ArrayList<>();
        for (int id = history.nextSetBit(0); id >= 0; id = history.nextSetBit(id + 1)) {
            told.add(events.get(id));
        }
        return told;
    }

    /** The writes that nobody in the history has seen, but for those that a last-write-wins write is later than. Greatest version first. */
    List<Event> registers(BitSet history) {
        BitSet superseded = superseded(history);
        Event floor = floor(history);
        List<Event> registers = of(history);
        registers.removeIf(event -> !event.isRegister() || superseded.get(event.id) || (floor != null && compare(event, floor) < 0));
        registers.sort((a, b) -> compare(b, a));
        return registers;
    }

    /** The latest last-write-wins write that is known of. */
    private Event floor(BitSet history) {
        Event floor = null;
        for (Event event : of(known(history))) {
            if (event.kind == Kind.LAST_WRITE_WINS && (floor == null || compare(event, floor) > 0)) {
                floor = event;
            }
        }
        return floor;
    }

    /** When a register ends, 0 for never. */
    long end(BitSet history, Event register) {
        List<Event> ends = new ArrayList<>();
        Event last = null;
        for (Event event : of(history)) {
            boolean ofRegister = event == register && event.end != 0;
            if (ofRegister && event.kind == Kind.LAST_WRITE_WINS || event.kind == Kind.LAST_EXPIRE_WINS) {
                last = last == null || compare(event, last) > 0 ? event : last;
            } else if (ofRegister || event.kind == Kind.EXPIRE && event.targets.get(register.id)) {
                ends.add(event);
            }
        }
        List<Event> set = List.copyOf(ends);
        ends.removeIf(event -> set.stream()
                .anyMatch(other -> other.kind == Kind.EXPIRE && other != event && other.seen.get(event.id)));
        if (last != null && compare(last, register) >= 0) {
            Event latest = last;
            ends.removeIf(event -> compare(event, latest) < 0);
            if (ends.isEmpty()) {
                return latest.end;
            }
        }
        return ends.stream().anyMatch(event -> event.end == 0)
                ? 0
                : ends.stream().mapToLong(Event::end).max().orElse(0);
    }

    private boolean isEnded(BitSet history, Event register, long now) {
        long end = end(history, register);
        return end != 0 && end <= now;
    }

    /** What a plain reader sees: null for nothing. */
    String shown(BitSet history, long now) {
        List<Event> registers = registers(history);
        Event shown = registers.stream()
                .filter(event -> !event.tombstone && !isEnded(history, event, now))
                .findFirst()
                .orElse(registers.isEmpty() ? null : registers.getFirst());
        if (shown == null || isEnded(history, shown, now)) {
            return null;
        }
        if (!shown.tombstone && !NUMBER.matcher(shown.value).matches()) {
            return shown.value;
        }
        // Every increment counts that whoever wrote the number had not seen.
        long sum = 0;
        Map<Long, Long> perActor = new HashMap<>();
        for (Event event : of(known(history))) {
            if (event.kind == Kind.INCREMENT && !shown.supersedes.get(event.id)) {
                sum += event.delta;
                perActor.merge(event.actor, event.delta, Long::sum);
            }
        }
        boolean counted = perActor.values().stream().anyMatch(of -> of != 0);
        if (shown.tombstone) {
            return counted ? Long.toString(sum) : null;
        }
        return counted ? Long.toString(Long.parseLong(shown.value) + sum) : shown.value;
    }
}
