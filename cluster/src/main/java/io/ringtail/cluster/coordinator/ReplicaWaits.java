package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Loop;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * {@code WAIT} and {@code WAITAOF} on one loop: holds a command until as many nodes as it wants have, or have synced, all that its client has written. What was
 * written here is counted as it is accepted; the members that carried out commands of the client are asked, and for {@code WAITAOF} all who have any of it are asked to sync.
 *
 * <p>A command is begun again whenever there may be something new, and looks again. Its state is its client's {@link Waiting}. Confined to the loop.
 */
final class ReplicaWaits {
    /** How often it is looked whether somebody who waits is still there. */
    private static final long WAIT_CHECK_MILLIS = 1_000;
    /** Between two questions who has what a client has written, while it waits. */
    private static final long ASK_AGAIN_MILLIS = 100;

    /** One client's command that waits, if there is one. */
    static final class Waiting {
        boolean isWaiting;
        long untilNanos;
        /** Tells this command from earlier ones, whose timers and answers may still come. */
        int number;
        /** Members that have been asked for what {@code WAIT} wants to know, and have not answered. */
        int unanswered;
        /** What {@code WAITAOF} knows: whether this node has synced its log since, or cannot, and how many have synced all of it. */
        boolean syncedHere;

        boolean syncFailed;
        int syncedCopies;
    }

    private final long selfId;
    private final Quorums quorums;
    private final RingView ringView;
    private final Loop loop;
    private final Forwarding forwarding;
    private final LongSupplier durablePosition;

    /** @param durablePosition of this node's log */
    ReplicaWaits(
            long selfId, Quorums quorums, RingView ringView, Loop loop, Forwarding forwarding, LongSupplier durablePosition) {
        this.selfId = selfId;
        this.quorums = quorums;
        this.ringView = ringView;
        this.loop = loop;
        this.forwarding = forwarding;
        this.durablePosition = durablePosition;
    }

    /** {@link DataSession#awaitReplicas}, for a client. */
    int awaitReplicas(CommandContext of, long wanted, long timeoutMillis, Runnable resume) {
        if (ringView.ring().isAlone()) {
            of.endWait();
            return 0;
        }
        beginWait(of, timeoutMillis, false, resume);
        int held = others(Math.min(quorums.copies(of.copies.own), of.copies.elsewhere()));
        if (isUp(of, timeoutMillis) || (of.wait.unanswered == 0 && held >= wanted)) {
            endWait(of);
            return held;
        }
        int number = of.wait.number;
        whenReached(of, wanted, () -> resumeWait(of, number, resume));
        throw ReplicasAwaitedException.INSTANCE;
    }

    /** Has {@code listener} called by the loop, and not from within what counts the acceptances. */
    private void whenReached(CommandContext of, long wanted, Runnable listener) {
        of.copies.own.whenReached((int) Math.min(wanted, Integer.MAX_VALUE - 1) + 1, () -> loop.execute(listener));
    }

    /** {@link DataSession#awaitSynced}, for a client. */
    DataSession.SyncedCopies awaitSynced(
            CommandContext of, boolean here, long wanted, long timeoutMillis, Runnable resume) {
        if (timeoutMillis < 0) {
            return of.synced.known(durablePosition.getAsLong(), others(Integer.MAX_VALUE));
        }
        beginWait(of, timeoutMillis, true, resume);
        int held = others(of.wait.syncedCopies);
        boolean isEnough = held >= wanted && (of.wait.syncedHere || !here);
        boolean failed = here && of.wait.syncFailed;
        if (failed || isUp(of, timeoutMillis) || (of.wait.unanswered == 0 && isEnough)) {
            endWait(of);
            if (failed) {
                throw new QuorumException("ERR the log could not be synced");
            }
            DataSession.SyncedCopies synced = new DataSession.SyncedCopies(of.wait.syncedHere, held);
            of.synced.told(synced);
            return synced;
        }
        int number = of.wait.number;
        // What is accepted from now on has to be synced too.
        whenReached(of, wanted, () -> {
            if (of.wait.isWaiting && of.wait.number == number && of.wait.unanswered == 0) {
                ask(of, number, true, resume);
            }
        });
        throw ReplicasAwaitedException.INSTANCE;
    }

    private int others(int copies) {
        return Math.clamp(copies - 1L, 0, ringView.ring().topology().members().size() - 1);
    }

    private void beginWait(CommandContext of, long timeoutMillis, boolean sync, Runnable resume) {
        if (of.wait.isWaiting) {
            return;
        }
        of.wait.syncedHere = false;
        of.wait.syncFailed = false;
        of.wait.syncedCopies = 0;
        // Whoever was asked the last time, and has not answered, answers nobody.
        of.wait.unanswered = 0;
        if (timeoutMillis < 0) {
            return;
        }
        of.wait.isWaiting = true;
        of.wait.number++;
        of.wait.untilNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        if (timeoutMillis > 0) {
            checkWait(of, of.wait.number, resume);
        }
        if (sync || of.copies.carrierCount() > 0) {
            ask(of, of.wait.number, sync, resume);
        } else {
            askLater(of, of.wait.number, false, resume);
        }
    }

    private boolean isUp(CommandContext of, long timeoutMillis) {
        return timeoutMillis < 0 || (timeoutMillis > 0 && of.wait.untilNanos - loop.nanoTime() <= 0);
    }

    private void endWait(CommandContext of) {
        of.endWait();
        of.copies.told();
    }

    private void resumeWait(CommandContext of, int number, Runnable resume) {
        if (of.wait.isWaiting && of.wait.number == number) {
            resume.run();
        }
    }

    /** Has a command that waits begun again when its time is up. In short steps: a client that is gone keeps nothing here for longer. */
    private void checkWait(CommandContext of, int number, Runnable resume) {
        if (!of.wait.isWaiting || of.wait.number != number) {
            return;
        }
        long leftNanos = of.wait.untilNanos - loop.nanoTime();
        if (leftNanos <= 0) {
            resume.run();
            return;
        }
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(leftNanos + 999_999);
        loop.schedule(() -> checkWait(of, number, resume), Math.min(leftMillis, WAIT_CHECK_MILLIS));
    }

    /** Asks the members that carried out commands of the client who has what they wrote; then, to have it synced, all those. And again as long as the client waits. */
    private void ask(CommandContext of, int number, boolean sync, Runnable resume) {
        // One more than are asked, so that none of the answers is taken for the last.
        of.wait.unanswered = 1;
        WrittenCopies copies = of.copies;
        for (int i = 0; i < copies.carrierCount(); i++) {
            long carrier = copies.carrier(i);
            of.wait.unanswered++;
            forwarding.ask(carrier, copies.clientName, false, new Forwarding.CopiesListener() {
                @Override
                public void told(boolean synced, int known, boolean settled, MemberSet acceptors) {
                    if (of.wait.number == number) {
                        copies.told(carrier, known, settled, acceptors);
                        answered(of, number, sync, resume);
                    }
                }

                @Override
                public void failed() {
                    if (of.wait.number == number) {
                        answered(of, number, sync, resume);
                    }
                }
            });
        }
        answered(of, number, sync, resume);
    }

    private void answered(CommandContext of, int number, boolean sync, Runnable resume) {
        if (--of.wait.unanswered > 0) {
            return;
        }
        if (sync) {
            askToSync(of, number, resume);
        } else {
            asked(of, number, false, resume);
        }
    }

    /** Every node that has any of it syncs its log: what it had accepted before is synced then. For each that does not, one copy fewer is counted of all. */
    private void askToSync(CommandContext of, int number, Runnable resume) {
        int copies = Math.min(quorums.copies(of.copies.own), of.copies.elsewhere());
        MemberSet holders = of.copies.holders();
        holders.add(selfId);
        of.wait.unanswered = holders.count();
        int[] missing = new int[1];
        for (int i = 0; i < holders.count(); i++) {
            boolean here = holders.id(i) == selfId;
            forwarding.ask(holders.id(i), 0, true, new Forwarding.CopiesListener() {
                @Override
                public void told(boolean synced, int known, boolean settled, MemberSet acceptors) {
                    if (of.wait.number != number) {
                        return;
                    }
                    if (here) {
                        of.wait.syncedHere = synced;
                        of.wait.syncFailed = !synced;
                    }
                    missing[0] += synced ? 0 : 1;
                    if (--of.wait.unanswered == 0) {
                        of.wait.syncedCopies = Math.max(0, copies - missing[0]);
                        asked(of, number, true, resume);
                    }
                }

                @Override
                public void failed() {
                    told(false, 0, false, holders);
                }
            });
        }
    }

    private void asked(CommandContext of, int number, boolean sync, Runnable resume) {
        askLater(of, number, sync, resume);
        loop.execute(() -> resumeWait(of, number, resume));
    }

    /** Also when there is nobody to be asked: hints may have brought what a replica lacked. */
    private void askLater(CommandContext of, int number, boolean sync, Runnable resume) {
        loop.schedule(
                () -> {
                    if (of.wait.isWaiting && of.wait.number == number && of.wait.unanswered == 0) {
                        ask(of, number, sync, resume);
                    }
                },
                ASK_AGAIN_MILLIS);
    }
}
