package io.ringtail.server.process;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has every {@code await} look at once, and often: by default the first look comes after a tenth of a second, which hundreds of awaits of what is already so would spend on nothing. Found by JUnit through
 * {@code META-INF/services}.
 */
public final class PromptAwaits implements BeforeAllCallback {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(BETWEEN_LOOKS);
    }
}
