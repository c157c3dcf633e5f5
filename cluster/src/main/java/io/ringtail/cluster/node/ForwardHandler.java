package io.ringtail.cluster.node;

import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.transport.ReplyPath;

/** Carries out commands that another node has forwarded. Called on an event loop; answers with {@link DataLoop#answerForward}. */
@FunctionalInterface
public interface ForwardHandler {
    /**
     * @param acceptances of the client whose command it is, told who accepts what it writes
     * @param array the forwarded bytes stand in {@code [offset, offset + size)}, valid until this returns
     */
    void forwarded(ReplyPath from, long id, Acceptances acceptances, byte[] array, int offset, int size);
}
