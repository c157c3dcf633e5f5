package io.ringtail.engine.compaction;

/**
 * How a level stands. Immutable.
 *
 * @param tables in it
 * @param bytes of their files
 * @param mostOverlap how many of them cover the token that most cover; at the threshold a compaction is due
 */
public record LevelStats(int level, int tables, long bytes, int mostOverlap) {}
