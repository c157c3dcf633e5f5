package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.ConfigurationException;
import org.junit.jupiter.api.Test;

class PeerOptionsTest {
    private final Configuration configuration = new Configuration();

    private PeerOptions options(int clientPort) {
        return PeerOptions.of(configuration, 5, 1, clientPort);
    }

    @Test
    void theNodePortFollowsTheClientPortUnlessItIsGiven() {
        assertThat(options(6379).port()).isEqualTo(16379);
        assertThat(options(60_000).port()).isEqualTo(50_000);
        configuration.start("node-port", "7777");
        assertThat(options(6379).port()).isEqualTo(7777);
        configuration.start("node-port", "AUTO");
        configuration.start("port", "0");
        assertThat(options(40_000).port()).isZero();
    }

    @Test
    void nodesAreListenedForWhereClientsAreUnlessSaidOtherwise() {
        configuration.start("bind", "127.0.0.1 -::1");
        assertThat(options(1).bind()).containsExactly("127.0.0.1", "-::1");
        configuration.start("node-bind", " 10.0.0.1  * ");
        assertThat(options(1).bind()).containsExactly("10.0.0.1", "*");
    }

    @Test
    void boundsAndNamesAreThoseConfigured() {
        PeerOptions usual = options(1);
        assertThat(usual.clusterName()).isEqualTo("ringtail");
        assertThat(usual.secret()).isEmpty();
        assertThat(usual.timeoutMillis()).isEqualTo(500);
        assertThat(usual.queueBytes()).isEqualTo(64 << 20);
        assertThat(usual.frameBytesMax()).isEqualTo(600 << 20);
        configuration.start("peer-timeout", "4000");
        assertThat(options(1).closeAfterMillis()).isEqualTo(8000);
        for (String wrong : new String[] {"", "n".repeat(256), "a\nb"}) {
            assertThatThrownBy(() -> configuration.start("cluster-name", wrong)).isInstanceOf(ConfigurationException.class);
        }
    }
}
