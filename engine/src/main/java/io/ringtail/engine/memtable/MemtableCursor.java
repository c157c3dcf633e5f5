package io.ringtail.engine.memtable;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A walk over a memtable: along the table's nodes, and through each nest it comes to. Made by the {@link Memtable}, which the caller holds for as long as it is open; confined to one thread.
 */
final class MemtableCursor implements RecordCursor {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Memtable memtable;
    private final NodeIndex index;
    private final long fromToken;
    private final long throughToken;
    private final NodeIndex.Walk table;
    private final NodeIndex.Walk nest;
    private final Key key = new Key();
    private final Record record = new Record();
    private byte[] name = new byte[128];
    /** Bytes that the names of a nest begin with; 0 outside of nests. */
    private int nestNameSize;

    MemtableCursor(Memtable memtable, NodeIndex index, long fromToken, long throughToken) {
        this.memtable = memtable;
        this.index = index;
        this.fromToken = fromToken;
        this.throughToken = throughToken;
        this.table = index.new Walk();
        this.nest = index.new Walk();
        table.begin(0, fromToken);
    }

    /** Has it begin behind what has this name among those of its first token, or would have. */
    void passTo(byte[] bytes, int offset, int size) {
        table.beginBehind(0, fromToken, bytes, offset, size);
    }

    /** Has it begin in a nest of its first token, behind what has this name there, or would have. */
    void passIn(long node, long place, byte[] bytes, int offset, int size) {
        if (Long.compareUnsigned(fromToken, throughToken) > 0) {
            return;
        }
        nestNameSize = readName(node, 0);
        nest.beginBehind(node, place, bytes, offset, size);
    }

    @Override
    public boolean next() {
        while (true) {
            if (nestNameSize > 0) {
                long member = nest.next();
                if (member != 0) {
                    take(member, nestNameSize);
                    return true;
                }
                nestNameSize = 0;
            }
            long node = table.next();
            if (node == 0) {
                return false;
            }
            long token = index.place(node);
            if (Long.compareUnsigned(token, throughToken) > 0) {
                table.end();
                return false;
            }
            if (Long.compareUnsigned(token, fromToken) < 0) {
                continue;
            }
            if (!index.isNest(node)) {
                take(node, 0);
                return true;
            }
            nestNameSize = readName(node, 0);
            nest.begin(node, 0);
        }
    }

    private void take(long node, int nameOffset) {
        int size = readName(node, nameOffset);
        key.setEncoded(name, 0, size);
        memtable.load(node, record, Integer.MAX_VALUE);
    }

    /** Has {@code name} be what it is up to an offset, and then a node's name; its size. */
    private int readName(long node, int offset) {
        int size = index.size(node);
        int end = offset + Long.BYTES + size;
        if (name.length < offset + Long.BYTES + Math.max(size, 0)) {
            name = Arrays.copyOf(name, 2 * end);
        }
        LONG.set(name, offset, index.place(node));
        if (size > 0) {
            index.read(node, name, offset + Long.BYTES, size);
        }
        return end;
    }

    @Override
    public Key key() {
        return key;
    }

    @Override
    public Record record() {
        return record;
    }

    @Override
    public void close() {
        table.end();
        nestNameSize = 0;
    }
}
