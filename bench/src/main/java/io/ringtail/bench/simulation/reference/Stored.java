package io.ringtail.bench.simulation.reference;

import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import org.jspecify.annotations.Nullable;

/** A value or a tombstone, and its end, with the version of both. Immutable. */
record Stored(Version version, @Nullable String value, long expireAtMillis) {
    static final Stored NOTHING = new Stored(Version.NONE, null, 0);
    private static final int MAX_SIZE = 1 << 16;

    /** The one of the greater version. */
    Stored merge(Stored other) {
        return version.isOlderThan(other.version) ? other : this;
    }

    boolean isLive(long nowMillis) {
        return value != null && (expireAtMillis == 0 || expireAtMillis > nowMillis);
    }

    Stored withVersion(Version other) {
        return new Stored(other, value, expireAtMillis);
    }

    Held held() {
        return new Held(version, value, expireAtMillis, null);
    }

    void write(MessageWriter out) {
        out.writeLong(version.hlc()).writeLong(version.actor()).writeLong(expireAtMillis).writeBoolean(value != null);
        out.writeText(value == null ? "" : value);
    }

    static Stored read(MessageReader in) {
        Version version = new Version(in.readLong(), in.readLong());
        long expireAtMillis = in.readLong();
        boolean hasValue = in.readBoolean();
        String text = in.readText(MAX_SIZE);
        return new Stored(version, hasValue ? text : null, expireAtMillis);
    }
}
