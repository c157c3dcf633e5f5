package io.ringtail.cluster.gossip;

import io.ringtail.cluster.gossip.GossipMessage.Digests;
import io.ringtail.cluster.gossip.GossipMessage.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What one received message leads to: what its sender lacks, and has. Made for each message by {@link Gossiper};
 * confined to one thread.
 *
 * <p>What does not fit is left out, other things each time: it will go with another exchange.
 */
final class GossipAnswer {
    /** Of states in one message; one state is always sent, whatever its size. */
    static final int MAX_STATE_BYTES = 16 << 10;

    private final GossipView view;
    private final Digests digests;
    private final List<Integer> lackingStates = new ArrayList<>();
    private final List<Long> wanted = new ArrayList<>();

    /** @param form of the digests in it: {@link Form#NAMED} when the peer may not know the same members */
    GossipAnswer(GossipView view, Form form) {
        this.view = view;
        digests = new Digests(form, view.size());
    }

    /** The peer's heartbeat of that member is an older one. Each index at most once, ascending. */
    void peerLacksHeartbeat(int index) {
        digests.add(digests.form == Form.NAMED ? view.id(index) : index, view.digest(index));
    }

    /** The peer's state of that member is an older one, or it asks for it. */
    void peerLacksState(int index) {
        lackingStates.add(index);
    }

    void peerHasState(int index) {
        wanted.add(view.id(index));
    }

    boolean hasStates() {
        return !lackingStates.isEmpty();
    }

    Digests digests() {
        return digests;
    }

    List<Long> wanted(RandomGenerator random) {
        int excess = wanted.size() - GossipMessage.MAX_WANTED;
        if (excess <= 0) {
            return wanted;
        }
        int from = random.nextInt(excess + 1);
        return wanted.subList(from, from + GossipMessage.MAX_WANTED);
    }

    List<MemberState> states(RandomGenerator random) {
        List<MemberState> chosen = new ArrayList<>();
        int count = lackingStates.size();
        int from = count > 1 ? random.nextInt(count) : 0;
        int bytes = 0;
        for (int i = 0; i < count && chosen.size() < GossipMessage.MAX_STATES; i++) {
            MemberState state = view.state(lackingStates.get((from + i) % count));
            if (state == null) {
                continue;
            }
            bytes += state.sizeLimit();
            if (bytes > MAX_STATE_BYTES && !chosen.isEmpty()) {
                break;
            }
            chosen.add(state);
        }
        return chosen;
    }
}
