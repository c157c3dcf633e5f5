package io.ringtail.cluster.transfer;

import io.ringtail.cluster.transport.Loop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import io.ringtail.engine.record.Key;
import org.jspecify.annotations.Nullable;

/** Stands for all other members: takes whatever comes a millisecond later, unless a test has it say something else. */
final class KnownCarrier implements RecordCarrier {
    /** {@code "clear 4"}, {@code "write 4: a"}. */
    final List<String> sent = new ArrayList<>();

    /** Who holds which keys already. */
    final Map<Long, Set<String>> held = new HashMap<>();

    /** What becomes of writes; null for {@link Written#TAKEN}. */
    @Nullable Written written;

    /** Members that never answer. */
    final Set<Long> failing = new HashSet<>();

    int underWay;
    int mostUnderWay;

    private final Loop loop;

    KnownCarrier(Loop loop) {
        this.loop = loop;
    }

    private void answer(Runnable task) {
        underWay++;
        mostUnderWay = Math.max(mostUnderWay, underWay);
        loop.schedule(() -> {
            underWay--;
            task.run();
        }, 1);
    }

    private static String name(TransferPage page, int index) {
        return new String(page.key(index, new Key()).userKey(), StandardCharsets.UTF_8);
    }

    @Override
    public void compare(long memberId, long epoch, TransferPage page, Consumer<@Nullable BitSet> told) {
        BitSet differing = new BitSet();
        for (int i = 0; i < page.count(); i++) {
            differing.set(i, !held.getOrDefault(memberId, Set.of()).contains(name(page, i)));
        }
        boolean fails = failing.contains(memberId);
        answer(() -> told.accept(fails ? null : differing));
    }

    @Override
    public void write(long memberId, long epoch, TransferPage page, BitSet which, ObjIntConsumer<Written> told) {
        Written outcome = written == null ? Written.TAKEN : written;
        which.stream().forEach(i -> {
            sent.add("write " + memberId + ": " + name(page, i));
            if (outcome == Written.TAKEN) {
                held.computeIfAbsent(memberId, unused -> new HashSet<>()).add(name(page, i));
            }
        });
        answer(() -> told.accept(outcome, outcome == Written.TOO_FAR_AHEAD ? which.nextSetBit(0) : -1));
    }

    @Override
    public void clear(long memberId, long epoch, long[] floors, Consumer<Boolean> told) {
        sent.add("clear " + memberId);
        boolean fails = failing.contains(memberId);
        answer(() -> told.accept(!fails));
    }
}
