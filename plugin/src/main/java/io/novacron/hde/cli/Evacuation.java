package io.novacron.hde.cli;

import io.novacron.hde.evacuation.EvacuationPlan;
import io.novacron.hde.evacuation.EvacuationPlan.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Carries a plan out: to each peer one VM after the other, to all peers at the same time. After a failure nothing more
 * begins, unless it is to go on; what runs then goes on to its end. Thread-safe.
 */
final class Evacuation {
    /** Moves VMs. */
    interface Mover {
        /**
         * Moves one; returns when it runs there, with the bytes that took.
         *
         * @throws Exception when it does not; it runs here then
         */
        long move(String vm, String peer) throws Exception;
    }

    /** How a VM fares. */
    enum State {
        PLANNED,
        MOVING,
        AWAY,
        FAILED
    }

    /**
     * One VM.
     *
     * @param began in milliseconds, or ended after so many; 0 where it has not begun
     * @param reason why it failed, else null
     */
    record Progress(Step step, State state, long began, long millis, long bytes, String reason) {}

    private final Mover mover;
    private final boolean keepGoing;
    private final Map<String, Progress> all = new LinkedHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean stopped;

    Evacuation(EvacuationPlan plan, Mover mover, boolean keepGoing) {
        this.mover = mover;
        this.keepGoing = keepGoing;
        for (Step step : plan.steps()) {
            all.put(step.vm(), new Progress(step, State.PLANNED, 0, 0, 0, null));
        }
        plan.steps().stream().map(Step::peer).distinct().forEach(peer -> {
            List<Step> steps = plan.of(peer);
            threads.add(new Thread(() -> steps.forEach(this::run), "to-" + peer));
        });
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** Nothing more begins. */
    synchronized void stop() {
        stopped = true;
    }

    /** Whether it ends within this time. */
    boolean awaitEnd(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        for (Thread thread : threads) {
            thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            if (thread.isAlive()) {
                return false;
            }
        }
        return true;
    }

    /** All VMs of the plan, in its order. */
    synchronized List<Progress> progress() {
        return List.copyOf(all.values());
    }

    private void run(Step step) {
        long began = System.currentTimeMillis();
        synchronized (this) {
            if (stopped) {
                return;
            }
            all.put(step.vm(), new Progress(step, State.MOVING, began, 0, 0, null));
        }
        Progress ended;
        try {
            long bytes = mover.move(step.vm(), step.peer());
            ended = new Progress(step, State.AWAY, began, System.currentTimeMillis() - began, bytes, null);
        } catch (Exception e) {
            String reason = e.getMessage() == null ? e.toString() : e.getMessage();
            ended = new Progress(step, State.FAILED, began, System.currentTimeMillis() - began, 0, reason);
        }
        synchronized (this) {
            all.put(step.vm(), ended);
            stopped |= ended.state == State.FAILED && !keepGoing;
        }
    }
}
