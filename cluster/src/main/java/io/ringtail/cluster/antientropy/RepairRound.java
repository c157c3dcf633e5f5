package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.antientropy.RepairJobs.Job;
import io.ringtail.cluster.ring.Ring;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * A number of jobs, one after another, with a pause in between, each with whichever member it is with. What cannot be done is passed over and counted. Confined to the loop.
 */
final class RepairRound {
    private final RangeRepair.Surroundings around;
    private final LongPredicate isReachable;
    private final Ring ring;
    private final Deque<Job> jobs;
    private final long pauseMillis;
    private final RepairListener listener;
    private RepairReport report = RepairReport.NONE;

    /**
     * @param ring that the jobs are of
     * @param pauseMillis between two jobs
     */
    RepairRound(
            RangeRepair.Surroundings around,
            LongPredicate isReachable,
            Ring ring,
            List<Job> jobs,
            long pauseMillis,
            RepairListener listener) {
        this.around = around;
        this.isReachable = isReachable;
        this.ring = ring;
        this.jobs = new ArrayDeque<>(jobs);
        this.pauseMillis = pauseMillis;
        this.listener = listener;
    }

    /** Goes on with the next job. */
    void next() {
        if (around.isStopped().getAsBoolean()) {
            return;
        }
        if (around.ringView().ring().epoch() != ring.epoch()) {
            jobs.forEach(job -> fail(job, "the topology has changed"));
            jobs.clear();
        }
        Job job = jobs.poll();
        while (job != null && !isReachable.test(job.memberId())) {
            fail(job, "a replica cannot be reached");
            job = jobs.poll();
        }
        if (job == null) {
            listener.ended(report);
            return;
        }
        RepairReport before = report;
        new RangeRepair(around, job.memberId(), job.nodes(ring), job.share(), true, new RepairListener() {
                    @Override
                    public void progress(RepairReport soFar) {
                        listener.progress(before.plus(soFar));
                    }

                    @Override
                    public void ended(RepairReport ofJob) {
                        report = before.plus(ofJob);
                        listener.progress(report);
                        if (jobs.isEmpty()) {
                            next();
                        } else {
                            around.loop().schedule(RepairRound.this::next, pauseMillis);
                        }
                    }
                })
                .start();
    }

    private void fail(Job job, String why) {
        int count = job.partitions().size();
        around.counters().rangesFailed.add(count);
        report = report.plus(new RepairReport(count, count, 0, 0, 0, 0, why));
    }
}
