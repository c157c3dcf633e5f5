package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobPatternTest {
    private static boolean matches(String pattern, String text) {
        byte[] bytes = ("??" + text + "??").getBytes(StandardCharsets.ISO_8859_1);
        return new GlobPattern(pattern.getBytes(StandardCharsets.ISO_8859_1)).matches(bytes, 2, bytes.length - 4);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '~', value = {
        "*, hello, true",
        "*, ~~, true",
        "h?llo, hello, true",
        "h?llo, hllo, false",
        "h*llo, heeeello, true",
        "h*llo, hllo, true",
        "h*l*o, hllo, true",
        "h*, hello, true",
        "*o, hello, true",
        "*x, hello, false",
        "*l, hello, false",
        "**, hello, true",
        "hello*, hello, true",
        "hello**, hello, true",
        "hello?, hello, false",
        "h[ae]llo, hallo, true",
        "h[ae]llo, hillo, false",
        "h[^e]llo, hallo, true",
        "h[^e]llo, hello, false",
        "h[a-c]llo, hbllo, true",
        "h[c-a]llo, hbllo, true",
        "h[a-c]llo, hdllo, false",
        "h[a-]llo, h-llo, false",
        "[a-], ], true",
        "h[\\]]llo, h]llo, true",
        "h[\\-a]llo, h-llo, true",
        "h[ab, ha, true",
        "h[, h, false",
        "h[^, hx, true",
        "[]a, ]a, false",
        "\\*, *, true",
        "\\*, x, false",
        "\\, \\, true",
        "a\\, a, false",
        "h\\?llo, h?llo, true",
        "~~, ~~, true",
        "~~, a, false",
        "a, ~~, false",
        "*a*b, xaxbxab, true",
        "*ab*ab, xab, false",
        "HELLO, hello, false",
    })
    void matchesAsRedisDoes(String pattern, String text, boolean expected) {
        assertThat(matches(pattern, text)).isEqualTo(expected);
    }

    @Test
    void highBytesAreOrderedAsSigned() {
        assertThat(matches("[\u0080-\u00ff]", "\u00c0")).isTrue();
        assertThat(matches("[a-\u00ff]", "\u0000")).isTrue();
        assertThat(matches("[a-\u00ff]", "z")).isFalse();
    }

    @Test
    void manyStarsCostNoMoreThanOne() {
        String pattern = "a*".repeat(1000) + "b";
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(5), () -> assertThat(matches(pattern, "a".repeat(20_000))).isFalse());
    }
}
