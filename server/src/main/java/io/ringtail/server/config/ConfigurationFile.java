package io.ringtail.server.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;

/**
 * A file of settings in the manner of redis.conf: one {@code name value} a line, {@code #} begins a comment line, values with
 * spaces or other bytes in quotes. Of a name that is repeated the last line counts.
 *
 * <p>Rewriting keeps comments, blank lines and the order, changes the lines of settings that changed, and appends what is new; the new
 * file takes the old one's place in one step. Confined to one thread at a time.
 */
public final class ConfigurationFile {
    private final Path path;

    public ConfigurationFile(Path path) {
        this.path = path.toAbsolutePath();
    }

    public Path path() {
        return path;
    }

    /**
     * Reads it into {@code configuration}.
     *
     * @throws ConfigurationException naming file, line and setting
     */
    public void load(Configuration configuration) {
        List<String> lines = readLines();
        for (int i = 0; i < lines.size(); i++) {
            try {
                List<String> words = words(lines.get(i));
                if (!words.isEmpty()) {
                    if (words.size() < 2) {
                        throw new ConfigurationException("'" + words.getFirst() + "' has no value");
                    }
                    configuration.start(words.getFirst(), String.join(" ", words.subList(1, words.size())));
                }
            } catch (ConfigurationException e) {
                throw new ConfigurationException(path + ", line " + (i + 1) + ": " + e.getMessage());
            }
        }
    }

    /** Writes the configuration as it is now over the file. */
    public void rewrite(Configuration configuration) throws IOException {
        List<String> out = new ArrayList<>();
        Set<Setting> written = new HashSet<>();
        for (String line : Files.exists(path) ? readLines() : List.<String>of()) {
            List<String> words = words(line);
            Setting setting = words.isEmpty() ? null : Settings.find(words.getFirst());
            if (setting == null) {
                out.add(line);
            } else if (written.add(setting)) {
                String rest = words.size() < 2 ? "" : String.join(" ", words.subList(1, words.size()));
                boolean same = words.size() >= 2 && setting.parse(rest).equals(configuration.text(setting));
                out.add(same ? line : line(configuration, setting));
            }
        }
        for (Setting setting : Settings.settable()) {
            if (configuration.differs(setting) && written.add(setting)) {
                out.add(line(configuration, setting));
            }
        }
        Path temporary = path.resolveSibling(path.getFileName() + ".new");
        Files.writeString(temporary, String.join("\n", out) + "\n");
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private List<String> readLines() {
        try {
            return Files.readAllLines(path, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigurationException("cannot read configuration file " + path + ": " + e);
        }
    }

    private static String line(Configuration configuration, Setting setting) {
        StringJoiner line = new StringJoiner(" ");
        line.add(setting.name());
        String text = configuration.text(setting);
        boolean list = setting == Settings.BIND || setting == Settings.CLIENT_OUTPUT_BUFFER_LIMIT;
        line.add(list ? text : quoted(text));
        return line.toString();
    }

    private static String quoted(String text) {
        boolean plain = !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c != '"' && c != '\'' && c != '\\');
        if (plain) {
            return text;
        }
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c);
            }
        }
        return out.append('"').toString();
    }

    /** The words of a line; none for a comment or a blank one. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        int at = 0;
        int end = line.length();
        while (true) {
            while (at < end && Character.isWhitespace(line.charAt(at))) {
                at++;
            }
            if (at == end || (words.isEmpty() && line.charAt(at) == '#')) {
                return words;
            }
            StringBuilder word = new StringBuilder();
            at = word(line, at, word);
            words.add(word.toString());
        }
    }

    private static int word(String line, int from, StringBuilder into) {
        int at = from;
        int end = line.length();
        char quote = 0;
        for (; at < end; at++) {
            char c = line.charAt(at);
            if (quote == 0) {
                if (Character.isWhitespace(c)) {
                    return at;
                }
                if ((c == '"' || c == '\'') && at == from) {
                    quote = c;
                } else {
                    into.append(c);
                }
            } else if (c == quote) {
                if (at + 1 < end && !Character.isWhitespace(line.charAt(at + 1))) {
                    throw new ConfigurationException("unbalanced quotes");
                }
                return at + 1;
            } else if (c == '\\' && at + 1 < end && (quote == '"' || line.charAt(at + 1) == '\'')) {
                at = escape(line, at + 1, into);
            } else {
                into.append(c);
            }
        }
        if (quote != 0) {
            throw new ConfigurationException("unbalanced quotes");
        }
        return at;
    }

    /** Appends what the escape whose letter stands at {@code at} means; returns the index of its last character. */
    private static int escape(String line, int at, StringBuilder into) {
        char c = line.charAt(at);
        if (c == 'x' && at + 2 < line.length()) {
            int high = Character.digit(line.charAt(at + 1), 16);
            int low = Character.digit(line.charAt(at + 2), 16);
            if (high >= 0 && low >= 0) {
                into.append((char) (high * 16 + low));
                return at + 2;
            }
        }
        into.append(
                switch (c) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'b' -> '\b';
                    case 'a' -> (char) 7;
                    default -> c;
                });
        return at;
    }
}
