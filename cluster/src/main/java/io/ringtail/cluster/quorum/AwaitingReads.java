package io.ringtail.cluster.quorum;

import java.util.Arrays;

/**
 * The reads that wait for the answer to one {@code CONFIRM}, in the order in which it names their versions. A client's turn has many of them one behind the other, and they
 * are kept, and told of, as one run.
 *
 * <p>Gathered first, then told of from the first to the last. Confined to the loop.
 */
final class AwaitingReads {
    private ReadGroup[] groups;
    /** Of each run: the number in its group of its first read, and how many reads there are up to its end, in all runs. */
    private int[] firstReads;

    private int[] ends;
    private int runs;
    private int count;
    /** How many have been told of, and the run that the next one is in. */
    private int told;

    private int run;

    AwaitingReads() {
        this(new ReadGroup[64], new int[64], new int[64]);
    }

    private AwaitingReads(ReadGroup[] groups, int[] firstReads, int[] ends) {
        this.groups = groups;
        this.firstReads = firstReads;
        this.ends = ends;
    }

    void add(ReadGroup group, int read) {
        int last = runs - 1;
        if (last >= 0 && groups[last] == group && read == firstReads[last] + count - start(last)) {
            ends[last] = ++count;
            return;
        }
        if (runs == groups.length) {
            groups = Arrays.copyOf(groups, 2 * runs);
            firstReads = Arrays.copyOf(firstReads, 2 * runs);
            ends = Arrays.copyOf(ends, 2 * runs);
        }
        groups[runs] = group;
        firstReads[runs] = read;
        ends[runs++] = ++count;
    }

    private int start(int of) {
        return of == 0 ? 0 : ends[of - 1];
    }

    int count() {
        return count;
    }

    /** Those that were added, none of which is kept here: groups are not used again, and would be held long after they have ended. */
    AwaitingReads take() {
        AwaitingReads taken =
                new AwaitingReads(Arrays.copyOf(groups, runs), Arrays.copyOf(firstReads, runs), Arrays.copyOf(ends, runs));
        taken.runs = runs;
        taken.count = count;
        Arrays.fill(groups, 0, runs, null);
        runs = 0;
        count = 0;
        return taken;
    }

    int told() {
        return told;
    }

    boolean allTold() {
        return told == count;
    }

    /** Tells those before number {@code end} that were not told yet that they are confirmed; how many these were. */
    int confirmBefore(int end) {
        int before = told;
        while (told < end) {
            ReadGroup group = groups[run];
            int through = Math.min(end, ends[run]);
            int confirmed = through - told;
            // Before anybody is told, who may come back here.
            moveTo(through);
            group.confirmed(confirmed);
        }
        return Math.max(0, end - before);
    }

    /** Tells the next one that it is doubtful. */
    void doubt() {
        ReadGroup group = groups[run];
        int read = firstReads[run] + told - start(run);
        moveTo(told + 1);
        group.doubted(read);
    }

    private void moveTo(int next) {
        told = next;
        if (next == ends[run]) {
            run++;
        }
    }
}
