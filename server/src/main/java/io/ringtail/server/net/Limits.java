package io.ringtail.server.net;

import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;

/**
 * What one client may cost, kept up to date with the configuration. Safe for concurrent use: each number is one volatile read.
 */
final class Limits {
    /** Bytes of replies a client may have pending before it has authenticated. */
    static final long UNAUTHENTICATED_OUTPUT_BYTES = 1 << 20;

    private volatile ProtocolLimits protocol = ProtocolLimits.DEFAULT;
    private volatile long outputBytes;
    private volatile int maxClients;
    private volatile long idleMillis;
    private volatile int keepAliveSeconds;
    private volatile boolean protectedMode;

    Limits(Configuration configuration) {
        configuration.whenChanged(Settings.PROTO_MAX_BULK_LEN, this::readProtocol);
        configuration.whenChanged(Settings.CLIENT_QUERY_BUFFER_LIMIT, this::readProtocol);
        configuration.whenChanged(
                Settings.CLIENT_OUTPUT_BUFFER_LIMIT, settings -> outputBytes = settings.outputLimitBytes("normal"));
        configuration.whenChanged(Settings.MAXCLIENTS, settings -> maxClients = settings.integer(Settings.MAXCLIENTS));
        configuration.whenChanged(Settings.TIMEOUT, settings -> idleMillis = settings.number(Settings.TIMEOUT) * 1000);
        configuration.whenChanged(
                Settings.TCP_KEEPALIVE, settings -> keepAliveSeconds = settings.integer(Settings.TCP_KEEPALIVE));
        configuration.whenChanged(Settings.PROTECTED_MODE, this::readProtection);
        configuration.whenChanged(Settings.REQUIREPASS, this::readProtection);
    }

    private void readProtocol(Configuration settings) {
        protocol = new ProtocolLimits(
                ProtocolLimits.DEFAULT.maxArguments(),
                settings.integer(Settings.PROTO_MAX_BULK_LEN),
                ProtocolLimits.DEFAULT.maxInlineBytes(),
                settings.number(Settings.CLIENT_QUERY_BUFFER_LIMIT));
    }

    private void readProtection(Configuration settings) {
        protectedMode = settings.isYes(Settings.PROTECTED_MODE)
                && settings.text(Settings.REQUIREPASS).isEmpty();
    }

    /** What an authenticated client's requests may bring. */
    ProtocolLimits protocol() {
        return protocol;
    }

    /** Bytes of replies a client may leave unread. */
    long outputBytes() {
        return outputBytes;
    }

    int maxClients() {
        return maxClients;
    }

    /** How long a client may say nothing; 0: for ever. */
    long idleMillis() {
        return idleMillis;
    }

    int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    /** Whether only clients on this machine are served. */
    boolean protectedMode() {
        return protectedMode;
    }
}
