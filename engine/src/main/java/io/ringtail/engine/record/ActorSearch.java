package io.ringtail.engine.record;

/** Finds an actor among those of a vector or of counts. Pure. */
final class ActorSearch {
    private ActorSearch() {}

    /**
     * @param actors of which the first {@code size} ascend, unsigned
     * @return where {@code actor} is, or {@code -1 - index} of where it would be
     */
    static int find(long[] actors, int size, long actor) {
        int low = 0;
        int high = size - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Long.compareUnsigned(actors[middle], actor);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1 - low;
    }
}
