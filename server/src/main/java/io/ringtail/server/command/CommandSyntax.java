package io.ringtail.server.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads a command's syntax in the usual notation, {@code key value [NX|XX] [EX seconds|KEEPTTL] [key ...]}, into {@link
 * CommandArgument}s.
 *
 * <pre>
 *   sequence    = { item }                     item = word | "[" alternatives "]" | "<" alternatives ">", each with "..." behind it or not
 *   alternatives = sequence { "|" sequence }   WORD in capitals = token, which belongs to the words behind it
 * </pre>
 *
 * Brackets that repeat what stands before them ({@code key value [key value ...]}) say that it may come several times. Made for one text;
 * pure.
 */
final class CommandSyntax {
    private static final Set<String> KEYS = Set.of("key", "key1", "key2", "newkey", "source", "destination", "destkey");
    private static final Set<String> INTEGERS = Set.of(
            "seconds", "milliseconds", "count", "offset", "index", "start", "end", "decrement", "bit", "timeout",
            "numreplicas", "numlocal", "protover", "destination-db", "db", "slot", "client-id", "maxage", "ttl", "length",
            "min-match-len", "frequency");

    private final List<String> words;
    private int at;

    private CommandSyntax(String syntax) {
        words = split(syntax);
    }

    static List<CommandArgument> parse(String syntax) {
        CommandSyntax parser = new CommandSyntax(syntax);
        List<CommandArgument> arguments = new ArrayList<>();
        List<List<CommandArgument>> alternatives = parser.alternatives();
        if (alternatives.size() == 1) {
            return alternatives.getFirst();
        }
        arguments.add(parser.oneOf(alternatives));
        return arguments;
    }

    private static List<String> split(String syntax) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < syntax.length(); i++) {
            char c = syntax.charAt(i);
            if ("[]<>| ".indexOf(c) >= 0) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                if (c != ' ') {
                    words.add(String.valueOf(c));
                }
            } else {
                word.append(c);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    private boolean more() {
        return at < words.size() && !words.get(at).equals("]") && !words.get(at).equals(">");
    }

    private List<List<CommandArgument>> alternatives() {
        List<List<CommandArgument>> alternatives = new ArrayList<>();
        alternatives.add(sequence());
        while (at < words.size() && words.get(at).equals("|")) {
            at++;
            alternatives.add(sequence());
        }
        return alternatives;
    }

    private List<CommandArgument> sequence() {
        List<CommandArgument> sequence = new ArrayList<>();
        while (more() && !words.get(at).equals("|")) {
            String word = words.get(at++);
            switch (word) {
                case "[" -> bracket(sequence, true);
                case "<" -> bracket(sequence, false);
                case "..." -> repeatLast(sequence);
                default -> sequence.add(isToken(word) ? token(word) : plain(word));
            }
        }
        return sequence;
    }

    private static void repeatLast(List<CommandArgument> sequence) {
        if (!sequence.isEmpty()) {
            sequence.add(sequence.removeLast().repeated());
        }
    }

    private void bracket(List<CommandArgument> sequence, boolean optional) {
        List<List<CommandArgument>> alternatives = alternatives();
        at++;
        boolean repeats = at >= 2 && words.get(at - 2).equals("...");
        if (alternatives.size() > 1) {
            sequence.add(oneOf(alternatives).made(optional, false));
            return;
        }
        List<CommandArgument> inner = alternatives.getFirst();
        int count = inner.size();
        if (repeats && optional && count > 0 && sequence.size() >= count) {
            List<CommandArgument> before = sequence.subList(sequence.size() - count, sequence.size());
            boolean same = true;
            for (int i = 0; i < count; i++) {
                same &= before.get(i).name().equals(inner.get(i).name());
            }
            if (same) {
                CommandArgument repeated = block(List.copyOf(before)).repeated();
                before.clear();
                sequence.add(repeated);
                return;
            }
        }
        for (CommandArgument argument : count == 0 ? inner : List.of(block(inner))) {
            sequence.add(argument.made(optional, argument.multiple() || repeats));
        }
    }

    private CommandArgument token(String word) {
        List<CommandArgument> behind = new ArrayList<>();
        while (more() && !"[<|...".contains(words.get(at)) && !isToken(words.get(at))) {
            behind.add(plain(words.get(at++)));
        }
        if (behind.isEmpty()) {
            return new CommandArgument(word.toLowerCase(Locale.ROOT), "pure-token", word, false, false, List.of());
        }
        return behind.size() == 1
                ? behind.getFirst().withToken(word)
                : block(behind).withToken(word);
    }

    private static CommandArgument block(List<CommandArgument> arguments) {
        return arguments.size() == 1
                ? arguments.getFirst()
                : new CommandArgument(arguments.getFirst().name() + "-block", "block", "", false, false, arguments);
    }

    private CommandArgument oneOf(List<List<CommandArgument>> alternatives) {
        List<CommandArgument> choices = new ArrayList<>();
        for (List<CommandArgument> alternative : alternatives) {
            if (!alternative.isEmpty()) {
                choices.add(block(alternative));
            }
        }
        String name = choices.isEmpty() ? "choice" : choices.getFirst().name() + "-choice";
        return new CommandArgument(name, "oneof", "", false, false, List.copyOf(choices));
    }

    private static boolean isToken(String word) {
        return word.chars().anyMatch(Character::isUpperCase) && word.equals(word.toUpperCase(Locale.ROOT));
    }

    private static CommandArgument plain(String word) {
        String type = KEYS.contains(word) ? "key"
                : INTEGERS.contains(word) ? "integer"
                : word.startsWith("unix-time") ? "unix-time"
                : word.equals("pattern") ? "pattern"
                : "string";
        return new CommandArgument(word, type, "", false, false, List.of());
    }
}
