package io.ringtail.cluster.transfer;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What this node holds of one partition, on its way to one member that becomes a replica. Made by {@link Transfers}. Confined to the control loop; what blocks
 * runs as {@link Loop#offload} has it.
 *
 * <pre>
 *   clear ──→ read a page ──→ compare its versions ──→ write those that differ ──→ rest ──→ (next page) ──→ done
 *     any failure: pause, which doubles, then the same page again
 * </pre>
 *
 * <p>It begins when this node is in the epoch of the hand-over. From then on it takes no write of an earlier epoch, and every write of this one goes to the new
 * replica too: what it reads from its store is all that the member could miss. Comparing first costs some 40 bytes a record, and makes it cheap to do all again after
 * a crash, and to do it from several replicas: only one of them sends the values.
 *
 * <p>After each page it rests three times as long as that page took, from the reading here to the acknowledgement there. So clients of either node are let ahead: where one of
 * them is busy a page takes longer, and so do the rests. Where neither is, the limit of the rate is what counts.
 *
 * <p>Merging is idempotent, so a page that was written and not acknowledged is written again to the same end.
 */
final class Handover {
    private static final long BACKOFF_MIN_MILLIS = 100;
    private static final long BACKOFF_MAX_MILLIS = 5_000;
    /** Rests are so many times as long as what was done before. */
    private static final int REST = 3;

    private static final long REST_MAX_MILLIS = 2_000;

    /** What it needs of {@link Transfers}. */
    interface Owner {
        Store store();

        /** The ring in force; a hand-over whose epoch is over goes on by that of the one now, if it is still wanted. */
        Ring ring();

        RecordCarrier carrier();

        /** Whether so many bytes may go now, by the limit of the rate; else {@link #resume} is called when they may. */
        boolean mayCarry(Handover asking);

        void carried(long records, long bytes);

        void ended(Handover done);

        /** A step has failed: nothing is to be done for it until {@link #notBeforeNanos}. */
        void rests(Handover failed);

        /** The member refused a record for its time. */
        void tooFarAhead(Handover heldUp, long recordHlc);

        StoreListener listener();

        /** The flaw. */
        boolean skipsLastPage();
    }

    private final Owner owner;
    private final Loop loop;
    final int partition;
    final long target;
    /** The lower, the earlier it begins. */
    final int turn;

    private byte @Nullable [] after;
    private boolean cleared;
    private boolean busy;
    private boolean cancelled;
    private boolean done;
    private boolean heldUp;
    private long notBeforeNanos;
    private long pageBegunNanos;
    private long backoffMillis = BACKOFF_MIN_MILLIS;

    Handover(Owner owner, Loop loop, int partition, long target, int turn) {
        this.turn = turn;
        this.owner = owner;
        this.loop = loop;
        this.partition = partition;
        this.target = target;
        this.notBeforeNanos = loop.nanoTime();
    }

    boolean isDone() {
        return done;
    }

    /** Whether a step is under way. */
    boolean isBusy() {
        return busy;
    }

    /** Whether it waits for the target's clock to come near the time of a record. */
    boolean isHeldUp() {
        return heldUp;
    }

    /** When a step may be tried again, after one has failed. */
    long notBeforeNanos() {
        return notBeforeNanos;
    }

    /** What is under way ends unheard. */
    void cancel() {
        cancelled = true;
    }

    /** Does the next step, if none is under way and none is being waited for. */
    void resume() {
        if (busy || done || cancelled || loop.nanoTime() - notBeforeNanos < 0 || !owner.mayCarry(this)) {
            return;
        }
        busy = true;
        pageBegunNanos = loop.nanoTime();
        Runnable step = cleared ? this::readPage : this::readFloors;
        boolean taken = loop.offload(() -> {
            try {
                step.run();
            } catch (RuntimeException e) {
                loop.execute(() -> stepEnded(false));
                throw e;
            }
        });
        if (!taken) {
            pause();
        }
    }

    private void readFloors() {
        // Who is amid a write of the epoch before has ended it when this lock was free once.
        owner.store().writeLock().lock();
        owner.store().writeLock().unlock();
        long[] floors = new long[Key.MAX_DATABASES];
        try (StoreSession session = owner.store().session()) {
            for (int database = 0; database < Key.MAX_DATABASES; database++) {
                floors[database] = session.floor(database);
            }
        }
        loop.execute(() -> {
            if (!cancelled) {
                owner.carrier().clear(target, owner.ring().epoch(), floors, this::cleared);
            }
        });
    }

    private void cleared(boolean successful) {
        cleared |= successful;
        stepEnded(successful);
    }

    private void readPage() {
        Ring ring = owner.ring();
        TransferPage page = null;
        IOException problem = null;
        int index = ring.topology().indexOf(target);
        try {
            if (index >= 0) {
                page = TransferPage.read(owner.store(), ring, partition, index, after);
            }
        } catch (IOException e) {
            problem = e;
        } catch (UncheckedIOException e) {
            problem = e.getCause();
        }
        TransferPage read = page;
        IOException failure = problem;
        loop.execute(() -> {
            if (failure != null) {
                owner.listener().backgroundFailure("handing over partition " + partition, failure);
            }
            if (read == null) {
                stepEnded(false);
            } else {
                compare(ring, read);
            }
        });
    }

    private void compare(Ring ring, TransferPage page) {
        if (cancelled) {
            return;
        }
        if (page.count() == 0 || (page.last() == null && owner.skipsLastPage())) {
            reached(page);
            return;
        }
        owner.carrier().compare(target, ring.epoch(), page, differing -> {
            if (differing == null) {
                stepEnded(false);
            } else if (differing.isEmpty()) {
                reached(page);
            } else {
                write(ring, page, differing);
            }
        });
    }

    private void write(Ring ring, TransferPage page, BitSet differing) {
        if (cancelled) {
            return;
        }
        long bytes = differing.stream().mapToLong(page::bytes).sum();
        owner.carried(differing.cardinality(), bytes);
        owner.carrier().write(target, ring.epoch(), page, differing, (written, index) -> {
            heldUp = written == RecordCarrier.Written.TOO_FAR_AHEAD;
            switch (written) {
                case TAKEN -> reached(page);
                case TOO_FAR_AHEAD -> {
                    if (!cancelled) {
                        owner.tooFarAhead(this, page.record(index, new Record()).maxHlc());
                    }
                    stepEnded(false);
                }
                case FAILED -> stepEnded(false);
            }
        });
    }

    private void reached(TransferPage page) {
        long now = loop.nanoTime();
        long restMillis = Math.min(REST_MAX_MILLIS, TimeUnit.NANOSECONDS.toMillis(REST * (now - pageBegunNanos)));
        loop.schedule(() -> rested(page), restMillis);
    }

    private void rested(TransferPage page) {
        after = page.last();
        done = after == null && !cancelled;
        stepEnded(true);
    }

    private void stepEnded(boolean successful) {
        busy = false;
        if (cancelled) {
            return;
        }
        if (!successful) {
            pause();
        } else if (done) {
            owner.ended(this);
        } else {
            backoffMillis = BACKOFF_MIN_MILLIS;
            resume();
        }
    }

    private void pause() {
        busy = false;
        notBeforeNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(backoffMillis);
        backoffMillis = Math.min(BACKOFF_MAX_MILLIS, 2 * backoffMillis);
        owner.rests(this);
    }
}
