package io.ringtail.engine.compaction;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what to compact next. Pure: the same tables give the same answer.
 *
 * <p>After the Unified Compaction Strategy (Cassandra, CEP-26). A table's <em>density</em> is its size for each part of the
 * ring it spans, so that it does not change when a table is split; levels are powers of the fan-out in density. In each
 * level the point of the ring where most tables overlap is found. Where as many overlap as the threshold says, the tables
 * at that point are merged into one run, split at token boundaries, that is denser and so belongs to a higher level. Tiered
 * and leveled compaction differ only in fan-out and threshold. Since outputs are split, a dense level is compacted in
 * slices of the ring that do not wait for each other, each bounded in temporary space.
 *
 * <p>Before that come tables whose content is of no use any more, which cost nothing to drop; after it tables mostly of
 * garbage. A table is compacted for its garbage only together with all tables that keep it from being dropped, and only
 * when the rule and the memtables let it go: so that the work surely gets rid of it, and is never repeated in vain.
 *
 * <p>Merging is commutative: any tables may be merged, whatever their ages. What ages matter for is only dropping.
 */
public final class CompactionPicker {
    /** Below this density everything is level 0. */
    private static final double SMALLEST_BASE_BYTES = 32 << 10;
    /** For each tombstone or expired entry, or member that is void, at most this many entries are rewritten. */
    static final int REWRITTEN_PER_GARBAGE = 4;

    private CompactionPicker() {}

    /**
     * @param tables all live tables
     * @param horizon taken before {@code tables}
     * @param inProgress ids of tables that other tasks are at
     * @return the most urgent task, or empty when there is nothing to do
     */
    public static Optional<CompactionTask> pick(
            List<TableInfo> tables, CompactionOptions options, Horizon horizon, Set<Long> inProgress) {
        List<TableInfo> idle = new ArrayList<>();
        for (TableInfo table : tables) {
            if (!inProgress.contains(table.fileId())) {
                idle.add(table);
            }
        }
        List<TableInfo> useless = new ArrayList<>();
        for (TableInfo table : idle) {
            if (isCleared(table, horizon) || hasEnded(table, tables, options, horizon)) {
                useless.add(table);
            }
        }
        if (!useless.isEmpty()) {
            return Optional.of(new CompactionTask(CompactionTask.Kind.DROP, -1, useless));
        }
        Optional<CompactionTask> merge = pickMerge(idle, options);
        return merge.isPresent() ? merge : pickGarbage(idle, tables, options, horizon);
    }

    // ---- of no use

    /** Whether every database in the table was cleared after the last thing in it. */
    private static boolean isCleared(TableInfo table, Horizon horizon) {
        for (int database = 0; database < 256; database++) {
            boolean present = (table.databases()[database >>> 6] >>> database & 1) != 0;
            if (present && Long.compareUnsigned(horizon.clearFloors()[database], table.maxHlc()) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether all in the table is tombstones and expired, hides nothing older elsewhere, and no later expiry elsewhere can
     * say that something in it has not expired after all.
     */
    private static boolean hasEnded(
            TableInfo table, List<TableInfo> tables, CompactionOptions options, Horizon horizon) {
        if (table.tombstones() + table.expiring() < table.entries()
                || table.maxExpireAtMillis() > horizon.expiriesFinalMillis(options.clockSkewMillis())
                || !tombstonesCanGo(table, options, horizon)
                || !expiriesAreFinal(table, table.maxExpireAtMillis(), horizon)) {
            return false;
        }
        long lastRescue = Horizon.lastHlcOf(table.maxExpireAtMillis()
                + Math.max(options.clockSkewMillis(), horizon.rule().expiryDriftMillis()));
        for (TableInfo other : tables) {
            if (other.fileId() != table.fileId()
                    && other.overlaps(table)
                    && (isNotLater(other, table.maxHlc())
                            || table.expiring() > 0 && other.expiryUpdates() > 0 && isNotLater(other, lastRescue))) {
                return false;
            }
        }
        return true;
    }

    /** Whether rule and memtables allow to drop every tombstone in the table. */
    private static boolean tombstonesCanGo(TableInfo table, CompactionOptions options, Horizon horizon) {
        return horizon.memtablesAreLaterThan(table.maxHlc(), options.clockSkewMillis())
                && horizon.rule().droppable(table.minToken(), table.maxToken(), table.maxHlc());
    }

    /** Whether the rule allows to believe every expiry through {@code expireAtMillis}. */
    private static boolean expiriesAreFinal(TableInfo table, long expireAtMillis, Horizon horizon) {
        return table.expiring() == 0
                || expireAtMillis <= horizon.rule().expiriesFinalMillis(table.minToken(), table.maxToken());
    }

    private static boolean isNotLater(TableInfo table, long hlc) {
        return Long.compareUnsigned(table.minHlc(), hlc) <= 0;
    }

    // ---- garbage

    private static Optional<CompactionTask> pickGarbage(
            List<TableInfo> idle, List<TableInfo> tables, CompactionOptions options, Horizon horizon) {
        List<Garbage> mostly = new ArrayList<>();
        for (TableInfo table : idle) {
            Garbage garbage = garbage(table, options, horizon);
            if (garbage.share() >= options.garbageRatio() || garbage.isWorthItself()) {
                mostly.add(garbage);
            }
        }
        CompactionTask best = null;
        double bestShare = 0;
        for (Garbage garbage : mostly) {
            if (garbage.share() > bestShare) {
                List<TableInfo> inputs = worthwhile(garbage, mostly, idle, tables, options);
                if (inputs.isEmpty() && garbage.isWorthItself()) {
                    inputs = List.of(garbage.table);
                }
                if (!inputs.isEmpty()) {
                    best = new CompactionTask(CompactionTask.Kind.GARBAGE, -1, inputs);
                    bestShare = garbage.share();
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * What of a table is garbage that the rule and the memtables let go.
     *
     * @param voided members of collections, which go whatever else there is
     * @param hides whether the rest goes only together with what it hides
     */
    private record Garbage(TableInfo table, long dead, long expired, long voided, boolean hides) {
        double share() {
            return (double) entries() / table.entries();
        }

        long entries() {
            return dead + expired + voided;
        }

        /** Whether the table may be written again alone for what goes in any case. */
        boolean isWorthItself() {
            return voided > 0 && table.entries() <= REWRITTEN_PER_GARBAGE * voided;
        }
    }

    private static Garbage garbage(TableInfo table, CompactionOptions options, Horizon horizon) {
        long finalMillis = Math.min(
                horizon.expiriesFinalMillis(options.clockSkewMillis()),
                horizon.rule().expiriesFinalMillis(table.minToken(), table.maxToken()));
        long expired = table.expired(finalMillis);
        boolean canForget = tombstonesCanGo(table, options, horizon);
        long dead = canForget ? table.tombstones() : 0;
        if (!canForget) {
            // An expiry without its value goes like a tombstone: when it hides nothing. Counted, it would have the table written again for ever.
            expired = Math.max(0, expired - table.expiryUpdates());
        }
        return new Garbage(table, dead, expired, table.voidMembers(), dead > 0 || (canForget && table.expiryUpdates() > 0));
    }

    /**
     * What to compact to be rid of a table's garbage: it, what keeps that from going, and, if that alone is too much to write again for it, other tables mostly of garbage that need nothing more. What was written in any order and deleted in the order of
     * the ring lies so: a few wide tables, and many narrow ones of tombstones, none of which is worth the wide ones. Empty when it is too much all the same.
     */
    private static List<TableInfo> worthwhile(
            Garbage garbage, List<Garbage> mostly, List<TableInfo> idle, List<TableInfo> tables, CompactionOptions options) {
        List<TableInfo> inputs = withWhatItHides(garbage, idle, tables, options);
        if (inputs.isEmpty()) {
            return inputs;
        }
        long freed = garbage.entries();
        long written = inputs.stream().mapToLong(TableInfo::entries).sum();
        if (written <= REWRITTEN_PER_GARBAGE * freed) {
            return inputs;
        }
        for (Garbage other : mostly) {
            if (inputs.size() == options.maxInputs()) {
                break;
            }
            if (!inputs.contains(other.table) && inputs.stream().anyMatch(other.table::overlaps)) {
                List<TableInfo> needed = withWhatItHides(other, idle, tables, options);
                if (!needed.isEmpty() && needed.stream().allMatch(table -> table == other.table || inputs.contains(table))) {
                    inputs.add(other.table);
                    freed += other.entries();
                    written += other.table.entries();
                }
            }
        }
        return written <= REWRITTEN_PER_GARBAGE * freed ? inputs : List.of();
    }

    /** The table and all that keep its garbage from going; empty when one of them is busy or they are too many. */
    private static List<TableInfo> withWhatItHides(
            Garbage garbage, List<TableInfo> idle, List<TableInfo> tables, CompactionOptions options) {
        TableInfo table = garbage.table;
        List<TableInfo> inputs = new ArrayList<>();
        inputs.add(table);
        for (TableInfo other : tables) {
            if (other.fileId() != table.fileId()
                    && other.overlaps(table)
                    && (garbage.hides && isNotLater(other, table.maxHlc()) || garbage.expired > 0 && other.expiryUpdates() > 0)) {
                if (inputs.size() == options.maxInputs() || !idle.contains(other)) {
                    return List.of();
                }
                inputs.add(other);
            }
        }
        return inputs;
    }

    // ---- too many

    private static Optional<CompactionTask> pickMerge(List<TableInfo> idle, CompactionOptions options) {
        List<List<TableInfo>> levels = byLevel(idle, options);
        CompactionTask best = null;
        int bestOverlap = options.threshold() - 1;
        for (int level = 0; level < levels.size(); level++) {
            List<TableInfo> crowd = mostOverlapping(levels.get(level));
            if (crowd.size() > bestOverlap) {
                bestOverlap = crowd.size();
                best = new CompactionTask(CompactionTask.Kind.MERGE, level, inputs(crowd, levels.get(level), options));
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * The crowd, and what else of the level lies within its range: a wide table that is merged with one narrow table after
     * the other would be written again each time.
     */
    private static List<TableInfo> inputs(
            List<TableInfo> crowd, List<TableInfo> level, CompactionOptions options) {
        List<TableInfo> inputs = new ArrayList<>(crowd);
        for (TableInfo table : level) {
            boolean within = false;
            for (TableInfo member : crowd) {
                within |= member != table && member.holdsToken(table.minToken()) && member.holdsToken(table.maxToken());
            }
            if (within && !crowd.contains(table)) {
                inputs.add(table);
            }
        }
        inputs.sort(Comparator.comparingLong(TableInfo::fileId));
        return inputs.subList(0, Math.min(inputs.size(), options.maxInputs()));
    }

    /** The tables at the token where most of them overlap; the first such token. */
    private static List<TableInfo> mostOverlapping(List<TableInfo> tables) {
        List<TableInfo> byStart = new ArrayList<>(tables);
        byStart.sort((a, b) -> Long.compareUnsigned(a.minToken(), b.minToken()));
        // Overlap grows only where a table begins, so the fullest point is one of those. Open tables are few: a level is
        // compacted before many overlap.
        List<TableInfo> open = new ArrayList<>();
        List<TableInfo> fullest = new ArrayList<>();
        for (TableInfo table : byStart) {
            open.removeIf(other -> Long.compareUnsigned(other.maxToken(), table.minToken()) < 0);
            open.add(table);
            if (open.size() > fullest.size()) {
                fullest = new ArrayList<>(open);
            }
        }
        return fullest;
    }

    /** How many tables a reader of the least lucky key must ask: by it the store sees whether compaction falls behind. */
    public static int mostOverlap(List<TableInfo> tables) {
        return mostOverlapping(tables).size();
    }

    /** The tables by level, from 0 to the densest. */
    public static List<LevelStats> levels(List<TableInfo> tables, CompactionOptions options) {
        List<LevelStats> stats = new ArrayList<>();
        List<List<TableInfo>> levels = byLevel(tables, options);
        for (int level = 0; level < levels.size(); level++) {
            List<TableInfo> members = levels.get(level);
            long bytes = 0;
            for (TableInfo member : members) {
                bytes += member.bytes();
            }
            stats.add(new LevelStats(level, members.size(), bytes, mostOverlap(members)));
        }
        return stats;
    }

    private static List<List<TableInfo>> byLevel(List<TableInfo> tables, CompactionOptions options) {
        List<List<TableInfo>> levels = new ArrayList<>();
        for (TableInfo table : tables) {
            int level = level(table, options);
            while (levels.size() <= level) {
                levels.add(new ArrayList<>());
            }
            levels.get(level).add(table);
        }
        return levels;
    }

    /** The level a table belongs to by its density. */
    public static int level(TableInfo table, CompactionOptions options) {
        double fanOut = options.fanOut();
        // A flushed table sits in the middle of its level, so that compression and overwrites do not push it below.
        double base = options.flushBytes() / Math.sqrt(fanOut);
        while (base > SMALLEST_BASE_BYTES) {
            base /= fanOut;
        }
        double density = table.density();
        return density <= base ? 0 : (int) (Math.log(density / base) / Math.log(fanOut));
    }
}
