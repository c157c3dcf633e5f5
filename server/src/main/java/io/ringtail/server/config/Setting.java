package io.ringtail.server.config;

/**
 * One thing an operator can set. Immutable.
 *
 * @param name as in the file, on the command line after {@code --}, and in {@code CONFIG}
 * @param defaultText in the canonical form of {@code type}
 * @param changeable whether {@code CONFIG SET} may change it while the server runs
 * @param secret whether {@code CONFIG GET} keeps it to itself, and errors do not quote it
 * @param help one line
 */
public record Setting(
        String name, SettingType type, String defaultText, boolean changeable, boolean secret, String help) {

    /**
     * The canonical form of a value for this setting.
     *
     * @throws ConfigurationException naming the setting, the value and the reason
     */
    public String parse(String text) {
        try {
            return type.canonical(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    secret ? "bad value for '" + name + "'" : "bad value '" + text + "' for '" + name + "': " + e.getMessage());
        }
    }
}
