package io.ringtail.cluster.quorum;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One loop's outboxes, by member, and which of them have something for this turn. Confined to the loop. */
final class Outboxes {
    private final Map<Long, Outbox> byMember = new HashMap<>();
    private final Runnable beginTurn;
    private List<Outbox> listed = new ArrayList<>();
    private List<Outbox> listedBefore = new ArrayList<>();
    /** The last one asked for: most turns are about few members. */
    private Outbox last = new Outbox(0);

    private final Map<Long, RelayOutbox> byRelay = new HashMap<>();
    /** May have one twice, or one that was sent already. */
    private List<RelayOutbox> relays = new ArrayList<>();

    private List<RelayOutbox> relaysBefore = new ArrayList<>();
    private RelayOutbox lastRelay = new RelayOutbox(0);

    Outboxes(Runnable beginTurn) {
        this.beginTurn = beginTurn;
    }

    /** A member's outbox, to be {@linkplain #list listed} by whoever puts something into it. */
    Outbox unlisted(long memberId) {
        return byMember.computeIfAbsent(memberId, Outbox::new);
    }

    /** Sees to it that this turn has an end, when what was posted is sent. */
    void beginTurn() {
        beginTurn.run();
    }

    /** A member's outbox, which the caller puts something into. */
    Outbox of(long memberId) {
        Outbox outbox = last.memberId == memberId ? last : byMember.computeIfAbsent(memberId, Outbox::new);
        last = outbox;
        list(outbox);
        return outbox;
    }

    /** The outbox for what a member is to pass on, which the caller puts something into. */
    RelayOutbox ofRelay(long memberId) {
        RelayOutbox outbox = lastRelay.relayId == memberId ? lastRelay : byRelay.computeIfAbsent(memberId, RelayOutbox::new);
        lastRelay = outbox;
        if (outbox.isEmpty()) {
            relays.add(outbox);
            beginTurn.run();
        }
        return outbox;
    }

    /** Those for relays that may have something in them, which the caller sends. */
    List<RelayOutbox> takeRelays() {
        List<RelayOutbox> taken = relays;
        relays = relaysBefore;
        relays.clear();
        relaysBefore = taken;
        return taken;
    }

    /** Has an outbox sent when this turn ends. */
    void list(Outbox outbox) {
        if (!outbox.listed) {
            outbox.listed = true;
            listed.add(outbox);
            beginTurn.run();
        }
    }

    /** Those with something in them, which the caller sends. */
    List<Outbox> take() {
        List<Outbox> taken = listed;
        listed = listedBefore;
        listed.clear();
        listedBefore = taken;
        for (int i = 0; i < taken.size(); i++) {
            taken.get(i).listed = false;
        }
        return taken;
    }
}
