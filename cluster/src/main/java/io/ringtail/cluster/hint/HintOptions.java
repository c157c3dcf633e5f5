package io.ringtail.cluster.hint;

/**
 * The bounds of hints. Immutable.
 *
 * @param bytesMax {@code hint-bytes-max}: of all hints; the disk may hold up to about twice that until compaction has caught up
 * @param bytesPerTargetMax of the hints of one member, so that one that stays away does not take the room of all others
 * @param ageMaxMillis {@code hint-age-max}: older hints are dropped
 * @param bytesPerSecond {@code hint-rate}: delivered to all members together
 */
public record HintOptions(long bytesMax, long bytesPerTargetMax, long ageMaxMillis, long bytesPerSecond) {
    public static final HintOptions DEFAULT = of(1L << 30, 3 * 3_600_000L, 10 << 20);

    public HintOptions {
        if (bytesMax < 0 || bytesPerTargetMax < 0 || ageMaxMillis < 0 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("hints of " + bytesMax + " bytes, " + bytesPerTargetMax + " for one member, "
                    + ageMaxMillis + " ms old, at " + bytesPerSecond + " bytes a second");
        }
    }

    /** With half of the bytes for one member at most. */
    public static HintOptions of(long bytesMax, long ageMaxMillis, long bytesPerSecond) {
        return new HintOptions(bytesMax, bytesMax / 2, ageMaxMillis, bytesPerSecond);
    }
}
