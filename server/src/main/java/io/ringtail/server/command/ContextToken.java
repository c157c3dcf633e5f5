package io.ringtail.server.command;

import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a client is given of what it has read, and gives back when it writes: a {@link Context}, sealed.
 *
 * <pre>
 *   base64url( version (1) · context · seal (8) )      seal = the first bytes of HMAC-SHA256( context of this version and key )
 * </pre>
 *
 * The seal is made with the cluster's secret, or with the cluster's id where there is none; so any node takes what any other has given, whenever. It is for one key: a context of another key, or one that was changed or
 * made up, would have siblings taken for seen that nobody has seen. Without a secret the seal keeps accidents away and nobody else. Immutable; safe for concurrent use.
 */
final class ContextToken {
    private static final byte VERSION = 1;
    private static final int SEAL_SIZE = 8;
    /** Of 4096 actors and as many counts. */
    private static final int MAX_TEXT_SIZE = 300_000;
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec sealKey;

    /** @param secret the cluster's; empty for none */
    ContextToken(String secret, long clusterId) {
        byte[] bytes = secret.isEmpty()
                ? ByteBuffer.allocate(Long.BYTES).putLong(clusterId).array()
                : secret.getBytes(StandardCharsets.UTF_8);
        sealKey = new SecretKeySpec(bytes, ALGORITHM);
    }

    /** The token of a context of a key. */
    byte[] write(Key key, Context context) {
        byte[] token = new byte[1 + context.size() + SEAL_SIZE];
        token[0] = VERSION;
        int end = 1 + context.encode(token, 1);
        System.arraycopy(seal(key, token, end), 0, token, end, SEAL_SIZE);
        return Base64.getUrlEncoder().withoutPadding().encode(end + SEAL_SIZE == token.length ? token : Arrays.copyOf(token, end + SEAL_SIZE));
    }

    /** @throws CommandException when it is none that has been given for the key */
    Context read(Key key, byte[] text) {
        try {
            if (text.length <= MAX_TEXT_SIZE) {
                byte[] token = Base64.getUrlDecoder().decode(text);
                int end = token.length - SEAL_SIZE;
                if (end > 1
                        && token[0] == VERSION
                        && MessageDigest.isEqual(seal(key, token, end), Arrays.copyOfRange(token, end, token.length))) {
                    return new Context().decode(token, 1, end - 1);
                }
            }
        } catch (IllegalArgumentException e) {
            throw refusal();
        }
        throw refusal();
    }

    private static CommandException refusal() {
        return new CommandException("ERR this is no context that RT.GET or RT.CLOCK has given for this key in this cluster");
    }

    private byte[] seal(Key key, byte[] token, int end) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(sealKey);
            mac.update("context".getBytes(StandardCharsets.US_ASCII));
            mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(key.size()).array());
            mac.update(key.bytes(), 0, key.size());
            mac.update(token, 0, end);
            return Arrays.copyOf(mac.doFinal(), SEAL_SIZE);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no " + ALGORITHM, e);
        }
    }
}
