package io.ringtail.cluster.coordinator;

/**
 * What is known to be synced of all that one client has written, without anybody being asked: what {@code WAITAOF} answers in a transaction, which does not wait.
 *
 * <p>It is about what the client had written when its command began, not about what the transaction itself writes. Made with the client's {@link CommandContext} and
 * confined to whoever runs its commands.
 */
final class KnownSynced {
    /** Commands that have changed anything, here or where they were carried out. */
    private int changes;
    /** Of those, the ones before the command that runs now. */
    private int changesBefore;

    /** So many of the changes are in this node's log, up to this position. */
    private int loggedChanges;

    private long loggedPosition;
    private boolean awaitsLog;
    /** What the client was told when it last waited for nodes to sync, after so many changes. */
    private int toldChanges = -1;

    private DataSession.SyncedCopies told = new DataSession.SyncedCopies(false, 0);
    /** Of a command carried out for another node nothing is known: its client wrote there. */
    private boolean isOfAnother;

    void ofAnother() {
        isOfAnother = true;
    }

    /** A command of the client begins. */
    void begins() {
        changesBefore = changes;
    }

    /** It has changed something. @return whether that is the turn's first: then {@link #logged} has to be called when the turn ends */
    boolean changedHere() {
        changes++;
        boolean isFirst = !awaitsLog;
        awaitsLog = true;
        return isFirst;
    }

    /** Another node has changed something for it. */
    void changedElsewhere() {
        changes++;
    }

    /**
     * The turn has ended.
     *
     * @param position of the log that covers what was changed in it; {@link Long#MAX_VALUE} when the log has not taken that
     */
    void logged(long position) {
        if (awaitsLog) {
            awaitsLog = false;
            loggedChanges = changes;
            loggedPosition = position;
        }
    }

    /** The client has waited for nodes to sync all that it has written. */
    void told(DataSession.SyncedCopies synced) {
        toldChanges = changes;
        told = synced;
    }

    /**
     * @param durablePosition of this node's log
     * @param others nodes there are beside this one: as many have all that a client has written that has written nothing
     */
    DataSession.SyncedCopies known(long durablePosition, int others) {
        if (isOfAnother) {
            return new DataSession.SyncedCopies(false, 0);
        }
        boolean isTold = toldChanges == changesBefore;
        boolean here = (isTold && told.here()) || (loggedChanges >= changesBefore && loggedPosition <= durablePosition);
        return new DataSession.SyncedCopies(here, changesBefore == 0 ? others : isTold ? told.others() : 0);
    }
}
