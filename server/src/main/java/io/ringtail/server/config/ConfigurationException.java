package io.ringtail.server.config;

/** A setting that cannot be: unknown, not parsable or not allowed. The message is one line that names the setting. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message, null, false, false);
    }
}
