package io.ringtail.engine.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One file of a {@link SimulatedFileSystem}, twice: as programs see it, and as it is on the disk. Between the two lie
 * the changes that were not synced, in order. Guarded by the file system.
 */
final class SimulatedInode {
    /** The unit a disk writes whole; in {@link #powerCutInAnyOrder} it survives or does not. */
    private static final int SECTOR_SIZE = 512;

    private byte[] visible = new byte[0];
    private int visibleSize;
    private byte[] durable = new byte[0];
    private int durableSize;
    private final List<Change> unsynced = new ArrayList<>();
    /** Bytes reserved, those in use included. */
    long reserved;

    /** {@code bytes} at {@code offset}, or a cut at {@code offset}. The bytes are never changed. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Change(int offset, byte[] bytes, boolean isTruncation) {}

    private static final byte[] NONE = new byte[0];

    int size() {
        return visibleSize;
    }

    /** What it takes of the disk's capacity. */
    long footprint() {
        return Math.max(visibleSize, reserved);
    }

    byte[] content() {
        return Arrays.copyOf(visible, visibleSize);
    }

    int read(int position, byte[] target, int offset, int size) {
        int count = Math.max(0, Math.min(size, visibleSize - position));
        if (count > 0) {
            System.arraycopy(visible, position, target, offset, count);
        }
        return count;
    }

    void write(int offset, byte[] bytes) {
        Change change = new Change(offset, bytes, false);
        unsynced.add(change);
        applyToVisible(change);
    }

    void truncate(int size) {
        Change change = new Change(size, NONE, true);
        unsynced.add(change);
        applyToVisible(change);
    }

    void sync() {
        for (Change change : unsynced) {
            applyToDurable(change);
        }
        unsynced.clear();
    }

    /** What a sync that fails may do: the changes stay visible, count as written, and never reach the disk. */
    void dropUnsynced() {
        unsynced.clear();
    }

    /** Some first changes reach the disk, the last of them in part. */
    void powerCut(RandomGenerator random) {
        int whole = random.nextInt(unsynced.size() + 1);
        for (int i = 0; i < whole; i++) {
            applyToDurable(unsynced.get(i));
        }
        if (whole < unsynced.size()) {
            Change torn = unsynced.get(whole);
            if (!torn.isTruncation() && torn.bytes().length > 0) {
                int size = random.nextInt(torn.bytes().length);
                applyToDurable(new Change(torn.offset(), Arrays.copyOf(torn.bytes(), size), false));
            }
        }
        showDurable();
    }

    /** Any sectors of the changes reach the disk; where one does not and a later one does, there are zeros. */
    void powerCutInAnyOrder(RandomGenerator random) {
        double survival = random.nextDouble();
        for (Change change : unsynced) {
            if (change.isTruncation()) {
                applyToDurable(change);
                continue;
            }
            int at = 0;
            while (at < change.bytes().length) {
                int sectorEnd = (((change.offset() + at) / SECTOR_SIZE) + 1) * SECTOR_SIZE - change.offset();
                int end = Math.min(change.bytes().length, sectorEnd);
                if (random.nextDouble() < survival) {
                    applyToDurable(new Change(change.offset() + at, Arrays.copyOfRange(change.bytes(), at, end), false));
                }
                at = end;
            }
        }
        showDurable();
    }

    private void showDurable() {
        unsynced.clear();
        visible = Arrays.copyOf(durable, durableSize);
        visibleSize = durableSize;
        reserved = 0;
    }

    /** Replaces all of it, on the disk too. */
    void overwrite(byte[] content) {
        durable = content.clone();
        durableSize = content.length;
        showDurable();
    }

    SimulatedInode copy() {
        SimulatedInode copy = new SimulatedInode();
        copy.visible = content();
        copy.visibleSize = visibleSize;
        copy.durable = Arrays.copyOf(durable, durableSize);
        copy.durableSize = durableSize;
        copy.unsynced.addAll(unsynced);
        copy.reserved = reserved;
        return copy;
    }

    private void applyToVisible(Change change) {
        if (change.isTruncation()) {
            visibleSize = Math.min(visibleSize, change.offset());
            return;
        }
        visible = written(visible, visibleSize, change);
        visibleSize = Math.max(visibleSize, change.offset() + change.bytes().length);
    }

    private void applyToDurable(Change change) {
        if (change.isTruncation()) {
            durableSize = Math.min(durableSize, change.offset());
            return;
        }
        durable = written(durable, durableSize, change);
        durableSize = Math.max(durableSize, change.offset() + change.bytes().length);
    }

    private static byte[] written(byte[] content, int size, Change change) {
        int end = change.offset() + change.bytes().length;
        byte[] target = content;
        if (content.length < end) {
            target = Arrays.copyOf(content, Math.max(end, Math.min(2 * content.length, 1 << 26)));
        }
        if (change.offset() > size) {
            Arrays.fill(target, size, change.offset(), (byte) 0);
        }
        System.arraycopy(change.bytes(), 0, target, change.offset(), change.bytes().length);
        return target;
    }
}
