package io.ringtail.engine.record;

/**
 * A walk over (internal key, record) pairs in ascending key order, each key once.
 *
 * <p>Confined to one thread. What {@link #key} and {@link #record} return is reused: it is valid until the next
 * {@link #next} or {@link #close}. Whoever opened the cursor closes it; until then it holds what it reads.
 */
public interface RecordCursor extends AutoCloseable {
    /** Moves to the next pair; false at the end. The first call moves to the first pair. */
    boolean next();

    /** The key it stands at. */
    Key key();

    /** The record it stands at. */
    Record record();

    @Override
    void close();
}
