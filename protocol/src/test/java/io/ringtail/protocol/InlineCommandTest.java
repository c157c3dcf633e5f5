package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class InlineCommandTest {
    private static List<String> words(String line) {
        List<List<String>> requests = Wire.requests(line + "\r\n");
        assertThat(requests).hasSize(1);
        return requests.getFirst();
    }

    @Test
    void blanksSeparateWords() {
        assertThat(words("  SET\tkey   value \t")).containsExactly("SET", "key", "value");
        assertThat(words("a\rb")).containsExactly("a", "b");
        assertThat(words("\u000b\fa\u000bb")).containsExactly("a\u000bb");
    }

    @Test
    void doubleQuotesKnowEscapes() {
        assertThat(words("\"a b\"")).containsExactly("a b");
        assertThat(words("\"\\x00\\xfF\\x4a\"")).containsExactly("\0\u00ffJ");
        assertThat(words("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"")).containsExactly("\n\r\t\b\u0007\\\"q");
        assertThat(words("\"\\xg1\\x1\"")).containsExactly("xg1x1");
        assertThat(words("\"it's\"")).containsExactly("it's");
    }

    @Test
    void singleQuotesKnowOneEscape() {
        assertThat(words("'a\\'b' '\\n' 'say \"x\"'")).containsExactly("a'b", "\\n", "say \"x\"");
    }

    @Test
    void emptyQuotesAreAnArgument() {
        assertThat(words("SET \"\" ''")).containsExactly("SET", "", "");
    }

    @Test
    void aQuoteMayBeginInsideAWordAndEndsIt() {
        assertThat(words("foo\"b r\" x")).containsExactly("foob r", "x");
        assertThat(words("foo\"bar\"\"baz\"")).containsExactly("!unbalanced quotes in request");
    }

    @Test
    void aBackslashOutsideQuotesIsABackslash() {
        assertThat(words("a\\nb\\")).containsExactly("a\\nb\\");
    }

    @Test
    void nulIsAByteLikeAnyOther() {
        assertThat(words("DEL a\0b c")).containsExactly("DEL", "a\0b", "c");
    }
}
