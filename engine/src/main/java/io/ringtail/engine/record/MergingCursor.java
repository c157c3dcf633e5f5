package io.ringtail.engine.record;

import java.util.List;

/**
 * Several cursors as one: ascending keys, each once, its record the merge of all the cursors have for it.
 *
 * <p>A loser tree would save a comparison a level; a binary heap of a few cursors, compared by token first, is as fast
 * here and half the code. The cursors that stand at the key given out are taken off the heap and moved on only at the next
 * {@link #next}, so that the merged record may go on pointing into their arrays. Memtables and tables alike can be sources.
 *
 * <p>Owns its sources: closing it closes them. Confined to one thread; allocates nothing per entry.
 */
public final class MergingCursor implements RecordCursor {
    private final RecordCursor[] sources;
    /** A heap of those sources that have more; {@code heap[0]} stands at the least key. */
    private final RecordCursor[] heap;
    /** The sources that stand at the key given out last. */
    private final RecordCursor[] current;

    private final Record merged = new Record();
    private int heapSize;
    private int currentSize;
    private boolean started;

    public MergingCursor(List<? extends RecordCursor> sources) {
        this.sources = sources.toArray(new RecordCursor[0]);
        this.heap = new RecordCursor[this.sources.length];
        this.current = new RecordCursor[this.sources.length];
    }

    @Override
    public boolean next() {
        if (!started) {
            started = true;
            for (RecordCursor source : sources) {
                if (source.next()) {
                    push(source);
                }
            }
        } else {
            advance();
        }
        if (heapSize == 0) {
            return false;
        }
        current[0] = pop();
        currentSize = 1;
        if (heapSize == 0 || compare(heap[0], current[0]) != 0) {
            return true;
        }
        merged.clear().merge(current[0].record());
        while (heapSize > 0 && compare(heap[0], current[0]) == 0) {
            RecordCursor source = pop();
            current[currentSize++] = source;
            merged.merge(source.record());
        }
        return true;
    }

    private void advance() {
        // One source alone at its key, and still the least after its step, is by far the most frequent case.
        for (int i = 0; i < currentSize; i++) {
            if (current[i].next()) {
                push(current[i]);
            }
        }
        currentSize = 0;
    }

    @Override
    public Key key() {
        return current[0].key();
    }

    @Override
    public Record record() {
        return currentSize == 1 ? current[0].record() : merged;
    }

    @Override
    public void close() {
        for (RecordCursor source : sources) {
            source.close();
        }
    }

    private static int compare(RecordCursor a, RecordCursor b) {
        Key x = a.key();
        Key y = b.key();
        int order = Long.compareUnsigned(x.token(), y.token());
        return order != 0 ? order : Key.compare(x.bytes(), 0, x.size(), y.bytes(), 0, y.size());
    }

    private void push(RecordCursor source) {
        int at = heapSize++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (compare(heap[parent], source) <= 0) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = source;
    }

    private RecordCursor pop() {
        RecordCursor least = heap[0];
        RecordCursor last = heap[--heapSize];
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= heapSize) {
                break;
            }
            if (child + 1 < heapSize && compare(heap[child + 1], heap[child]) < 0) {
                child++;
            }
            if (compare(last, heap[child]) <= 0) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
        return least;
    }
}
