package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ContextTokenTest {
    private static final ContextToken TOKENS = new ContextToken("", 42);

    private final Record record = new Record()
            .addSibling(5, 1, new Context(), new byte[] {1}, 0, 1, 0)
            .merge(new Record().addSibling(6, 2, new Context(), new byte[] {2}, 0, 1, 0));

    private static Key key(int database, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return new Key().set(database, bytes, 0, bytes.length);
    }

    private byte[] token() {
        return TOKENS.write(key(0, "cart"), new Context().of(record));
    }

    @Test
    void whatWasGivenIsTakenByAnyNodeOfTheCluster() {
        Context read = new ContextToken("", 42).read(key(0, "cart"), token());
        assertThat(read.knows(5, 1)).isTrue();
        assertThat(read.knows(6, 2)).isTrue();
        assertThat(read.knows(6, 1)).isFalse();
    }

    @Test
    void thatOfAnotherKeyDatabaseOrClusterIsRefused() {
        for (Key other : new Key[] {key(0, "carts"), key(1, "cart")}) {
            assertThatThrownBy(() -> TOKENS.read(other, token())).isInstanceOf(CommandException.class).hasMessageContaining("no context");
        }
        assertThatThrownBy(() -> new ContextToken("", 43).read(key(0, "cart"), token())).isInstanceOf(CommandException.class);
        assertThatThrownBy(() -> new ContextToken("secret", 42).read(key(0, "cart"), token())).isInstanceOf(CommandException.class);
    }

    @Test
    void nothingButWhatWasGivenIsTaken() {
        Random random = new Random(7);
        byte[] given = token();
        for (int i = 0; i < given.length; i++) {
            byte[] changed = given.clone();
            changed[i] = (byte) (changed[i] == 'A' ? 'B' : 'A');
            assertThatThrownBy(() -> TOKENS.read(key(0, "cart"), changed)).as("changed at %d", i).isInstanceOf(CommandException.class);
        }
        for (int size = 0; size < 200; size++) {
            byte[] garbage = new byte[size];
            random.nextBytes(garbage);
            assertThatThrownBy(() -> TOKENS.read(key(0, "cart"), garbage)).isInstanceOf(CommandException.class);
        }
        assertThatThrownBy(() -> TOKENS.read(key(0, "cart"), new byte[1 << 20])).isInstanceOf(CommandException.class);
    }
}
