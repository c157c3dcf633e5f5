package io.ringtail.server.command;

/**
 * What several sets come to, member by member, in the order that all of them have: their intersection, union or difference. Closes their streams. Made for one command; confined to its thread.
 */
abstract sealed class SetJoin implements AutoCloseable {
    final MemberStream[] sets;
    /** Of each set whether it stands at a member, and not behind its last. */
    final boolean[] at;

    private boolean started;
    private MemberStream current = MemberStream.NONE;

    private SetJoin(MemberStream[] sets) {
        this.sets = sets;
        this.at = new boolean[sets.length];
    }

    static SetJoin intersection(MemberStream[] sets) {
        return new Intersection(sets);
    }

    static SetJoin union(MemberStream[] sets) {
        return new Union(sets);
    }

    /** What is in the first and in no other. */
    static SetJoin difference(MemberStream[] sets) {
        return new Difference(sets);
    }

    /** Moves to the next member; false behind the last. */
    boolean next() {
        if (!started) {
            started = true;
            for (int i = 0; i < sets.length; i++) {
                at[i] = sets[i].next();
            }
        } else {
            pass(current);
        }
        int found = find();
        if (found < 0) {
            return false;
        }
        current = sets[found];
        return true;
    }

    /** Moves on the sets that stand at the member given out last. */
    abstract void pass(MemberStream last);

    /** Which set stands at the next member of what they come to; -1 when there is none. */
    abstract int find();

    byte[] array() {
        return current.array;
    }

    int offset() {
        return current.offset;
    }

    int size() {
        return current.size;
    }

    /** How many members there are, if not more than {@code limit}, and closes. */
    long count(long limit) {
        try (this) {
            long count = 0;
            while (count < limit && next()) {
                count++;
            }
            return count;
        }
    }

    @Override
    public void close() {
        for (MemberStream set : sets) {
            set.close();
        }
    }

    private static final class Union extends SetJoin {
        Union(MemberStream[] sets) {
            super(sets);
        }

        @Override
        void pass(MemberStream last) {
            // The one it was found in goes last: the others are compared with it.
            int foundIn = -1;
            for (int i = 0; i < sets.length; i++) {
                if (sets[i] == last) {
                    foundIn = i;
                } else if (at[i] && sets[i].compareTo(last) == 0) {
                    at[i] = sets[i].next();
                }
            }
            at[foundIn] = last.next();
        }

        @Override
        int find() {
            int least = -1;
            for (int i = 0; i < sets.length; i++) {
                if (at[i] && (least < 0 || sets[i].compareTo(sets[least]) < 0)) {
                    least = i;
                }
            }
            return least;
        }
    }

    private static final class Intersection extends SetJoin {
        Intersection(MemberStream[] sets) {
            super(sets);
        }

        @Override
        void pass(MemberStream last) {
            at[0] = sets[0].next();
        }

        @Override
        int find() {
            int agreed = 0;
            // Whoever is behind moves on to the one that is ahead, round and round, until all are at one member.
            for (int i = 0, ahead = 0; at[ahead]; i = (i + 1) % sets.length) {
                int order = at[i] ? sets[i].compareTo(sets[ahead]) : -1;
                if (!at[i]) {
                    return -1;
                }
                if (order < 0) {
                    at[i] = sets[i].seek(sets[ahead]);
                    if (!at[i]) {
                        return -1;
                    }
                    order = sets[i].compareTo(sets[ahead]);
                }
                agreed = order > 0 ? 1 : agreed + 1;
                ahead = order > 0 ? i : ahead;
                if (agreed >= sets.length) {
                    return ahead;
                }
            }
            return -1;
        }
    }

    private static final class Difference extends SetJoin {
        Difference(MemberStream[] sets) {
            super(sets);
        }

        @Override
        void pass(MemberStream last) {
            at[0] = sets[0].next();
        }

        @Override
        int find() {
            while (at[0]) {
                boolean isElsewhere = false;
                for (int i = 1; i < sets.length && !isElsewhere; i++) {
                    if (at[i] && sets[i].compareTo(sets[0]) < 0) {
                        at[i] = sets[i].seek(sets[0]);
                    }
                    isElsewhere = at[i] && sets[i].compareTo(sets[0]) == 0;
                }
                if (!isElsewhere) {
                    return 0;
                }
                at[0] = sets[0].next();
            }
            return -1;
        }
    }
}
