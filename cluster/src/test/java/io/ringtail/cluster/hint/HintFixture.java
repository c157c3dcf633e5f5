package io.ringtail.cluster.hint;

import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSources;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A hint store on a simulated disk, in one thread, by the clock of a {@link ManualLoop}. */
final class HintFixture {
    static final long START_MILLIS = 1_700_000_000_000L;

    final SimulatedFileSystem files = new SimulatedFileSystem();
    final ManualLoop loop = new ManualLoop();
    private long nextRandom = 1;

    StoreOptions node() {
        return StoreOptions.of(Path.of("/node"))
                .withFileSystem(files)
                .withSyncPolicy(SyncPolicy.ALWAYS)
                .withSizes(64 << 10, 0, 64 << 10, 32 << 10)
                .withSources(new StoreSources(() -> START_MILLIS + loop.millis(), loop::nanoTime, () -> nextRandom++))
                .withoutThreads();
    }

    HintStore open(HintOptions options) throws IOException {
        return HintStore.open(node(), options, StoreListener.NONE);
    }

    static void maintain(HintStore store) {
        while (store.store().runMaintenance()) {
            // Until there is nothing left to do.
        }
    }

    static Key key(String name) {
        return new Key().set(3, name.getBytes(StandardCharsets.UTF_8));
    }

    static Record value(long hlc, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return new Record().setValue(hlc, 7, 0, bytes, 0, bytes.length);
    }

    /** What a hint says, in words that can be compared. */
    static String text(Key key, Record record) {
        byte[] bytes = new byte[record.size()];
        record.encode(bytes, 0);
        return HexFormat.of().formatHex(key.bytes(), 0, key.size()) + " " + HexFormat.of().formatHex(bytes);
    }

    static List<String> texts(HintBatch batch) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < batch.count(); i++) {
            texts.add(
                    batch.isFloor(i)
                            ? "floor " + batch.floorDatabase(i) + " " + batch.floorHlc(i)
                            : text(batch.key(i, new Key()), batch.record(i, new Record())));
        }
        return texts;
    }

    /** All of a target's hints, in batches of at most {@code bytesMax}. */
    static List<String> readAll(HintStore store, long target, long bytesMax) throws IOException {
        List<String> texts = new ArrayList<>();
        byte[] after = null;
        while (true) {
            HintBatch batch = store.read(target, after, bytesMax, HintStore.Purpose.DELIVER);
            texts.addAll(texts(batch));
            if (batch.isEnd()) {
                return texts;
            }
            after = batch.last();
        }
    }
}
