package io.ringtail.cluster.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyspaceSyntaxTest {
    private static final Keyspace DEFAULTS = new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.ALL, true);

    @Test
    void everythingCanBeSaid() {
        assertThat(KeyspaceSyntax.parse(
                        " cart:  replication-factor 5 quorum strict read-consistency one WRITE-CONSISTENCY LOCAL_QUORUM conflict Siblings ",
                        DEFAULTS))
                .isEqualTo(new Keyspace(
                        "cart:", Replication.of(5), ConsistencyLevel.ONE, ConsistencyLevel.of("LOCAL_QUORUM"), false, ConflictPolicy.SIBLINGS));
    }

    @Test
    void whatIsNotSaidIsAsElsewhere() {
        assertThat(KeyspaceSyntax.parse("cart:", DEFAULTS))
                .isEqualTo(new Keyspace("cart:", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.ALL, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cart: quorum strict", "cart: replication-factor dc2:2,dc1:3", "\"\" replication-factor 1", "{x} write-consistency 7", "s conflict siblings"})
    void formattedItIsReadTheSame(String text) {
        Keyspace keyspace = KeyspaceSyntax.parse(text, DEFAULTS);
        assertThat(KeyspaceSyntax.parse(KeyspaceSyntax.format(keyspace), Keyspace.DEFAULT)).isEqualTo(keyspace);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
        "' ', without a prefix",
        "c: quorum, 'quorum' without a value",
        "c: quorum maybe, 'maybe'",
        "c: replication-factor 16, '16'",
        "c: replication-factor five, 'five'",
        "\"c: replication-factor a:9,b:9\", replication factor 18",
        "\"c: replication-factor a:3,a:2\", 'a' is there twice",
        "\"c: replication-factor a:3,b\", 'b'",
        "c: replication-factor :3, cannot be the name of a data center",
        "c: replication-factor a:0, 'a:0'",
        "c: read-consistency SOME, SOME",
        "c: speed fast, 'speed'",
        "c: conflict none, 'none'",
        "c: quorum strict quorum strict, 'quorum' is there twice",
    })
    void errorsNameTheWord(String text, String named) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyspaceSyntax.parse(text.replace("' '", " "), DEFAULTS))
                .withMessageContaining(named);
    }
}
