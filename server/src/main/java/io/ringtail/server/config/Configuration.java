package io.ringtail.server.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one running server. Made by the command line, read by everybody; hot paths do not ask here but keep the value and
 * {@link #whenChanged} tells them.
 *
 * <p>Safe for concurrent use. A change of several settings is checked whole before any of them takes effect.
 */
public final class Configuration {
    private record Listener(Setting setting, Consumer<Configuration> action) {}

    private final Map<Setting, String> values = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private @Nullable ConfigurationFile file;

    /** The value in its canonical form. */
    public String text(Setting setting) {
        return values.getOrDefault(setting, setting.defaultText());
    }

    /** The value of a setting that is a number or a size. */
    public long number(Setting setting) {
        return Long.parseLong(text(setting));
    }

    /** {@link #number}, for settings that end below 2^31. */
    public int integer(Setting setting) {
        return Math.toIntExact(number(setting));
    }

    public boolean isYes(Setting setting) {
        return text(setting).equals("yes");
    }

    public List<String> words(Setting setting) {
        return List.of(text(setting).split(" ", -1));
    }

    /** The hard limit for unread replies of one client class, in bytes; {@link Long#MAX_VALUE} when it has none. */
    public long outputLimitBytes(String clientClass) {
        List<String> words = words(Settings.CLIENT_OUTPUT_BUFFER_LIMIT);
        for (int i = 0; i + 3 < words.size(); i += 4) {
            if (words.get(i).equals(clientClass)) {
                long limit = Long.parseLong(words.get(i + 1));
                return limit == 0 ? Long.MAX_VALUE : limit;
            }
        }
        return Long.MAX_VALUE;
    }

    /** Calls {@code action} now and after each change of {@code setting}. */
    public void whenChanged(Setting setting, Consumer<Configuration> action) {
        listeners.add(new Listener(setting, action));
        action.accept(this);
    }

    /**
     * Sets one value at start, whatever it is.
     *
     * @throws ConfigurationException when there is no such setting or it does not take the value
     */
    public void start(String name, String value) {
        Setting setting = Settings.find(name);
        if (setting == null) {
            throw new ConfigurationException("unknown setting '" + name + "'");
        }
        String parsed = setting.parse(value);
        String known = text(setting);
        // The one setting that may be given several times.
        put(setting, setting == Settings.KEYSPACE && !known.isEmpty() ? known + "; " + parsed : parsed);
    }

    /**
     * Sets several values at run time: all or none.
     *
     * @throws ConfigurationException when one is unknown, fixed at start, or not taken
     */
    public void change(Map<String, String> changes) {
        Map<Setting, String> parsed = new LinkedHashMap<>();
        changes.forEach((name, value) -> {
            Setting setting = Settings.find(name);
            if (setting == null) {
                throw new ConfigurationException(
                        "ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
            }
            if (!setting.changeable()) {
                throw failed(name, "can't set immutable config");
            }
            try {
                parsed.put(setting, setting.type().canonical(value));
            } catch (IllegalArgumentException e) {
                throw failed(name, String.valueOf(e.getMessage()));
            }
        });
        parsed.forEach(this::put);
        for (Listener listener : listeners) {
            if (parsed.containsKey(listener.setting())) {
                listener.action().accept(this);
            }
        }
    }

    private static ConfigurationException failed(String name, String reason) {
        return new ConfigurationException(
                "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    }

    private void put(Setting setting, String canonical) {
        values.put(setting, setting == Settings.CLIENT_OUTPUT_BUFFER_LIMIT ? mergedLimits(canonical) : canonical);
    }

    /** Classes that are not named keep the limits they had. */
    private String mergedLimits(String canonical) {
        Map<String, String> byClass = new LinkedHashMap<>();
        for (String part : List.of(text(Settings.CLIENT_OUTPUT_BUFFER_LIMIT), canonical)) {
            List<String> words = List.of(part.split(" ", -1));
            for (int i = 0; i + 3 < words.size(); i += 4) {
                byClass.put(words.get(i), String.join(" ", words.subList(i, i + 4)));
            }
        }
        return String.join(" ", new ArrayList<>(byClass.values()));
    }

    /** Remembers the file it was read from, which {@link #rewrite} writes. */
    public void file(ConfigurationFile file) {
        this.file = file;
    }

    public @Nullable ConfigurationFile file() {
        return file;
    }

    /** Whether the value is not the default one. */
    public boolean differs(Setting setting) {
        return !text(setting).equals(setting.defaultText());
    }
}
