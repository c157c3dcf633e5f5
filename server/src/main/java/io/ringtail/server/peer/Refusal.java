package io.ringtail.server.peer;

import org.jspecify.annotations.Nullable;

/** Why a handshake failed: what the refusing side sends, and what both sides log. */
public enum Refusal {
    VERSION(1, "the two have no version of the protocol in common"),
    CLUSTER_NAME(2, "the cluster names differ"),
    OTHER_CLUSTER(3, "the two are members of different clusters of the same name"),
    OWN_ID(4, "both ends have the same node id: a node that reached itself, or a copied data directory"),
    SECRET(5, "the cluster secrets differ"),
    SECRET_MISSING(6, "only one of the two has a cluster secret"),
    TOO_MANY(7, "there are too many connections between the two, or in all"),
    MALFORMED(8, "its handshake is not as it must be"),
    /** Found by the connecting side, never sent. */
    OTHER_NODE(9, "another node answers at that address");

    private final int code;
    private final String text;

    Refusal(int code, String text) {
        this.code = code;
        this.text = text;
    }

    int code() {
        return code;
    }

    String text() {
        return text;
    }

    /** The refusal of that code; null for one that a later version knows. */
    static @Nullable Refusal of(int code) {
        for (Refusal refusal : values()) {
            if (refusal.code == code) {
                return refusal;
            }
        }
        return null;
    }
}
