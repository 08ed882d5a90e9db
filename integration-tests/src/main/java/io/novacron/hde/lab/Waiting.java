package io.novacron.hde.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for something to come about. */
final class Waiting {
    private static final long STEP_MILLIS = 50;

    private Waiting() {}

    /**
     * Returns once {@code condition} holds.
     *
     * @param what is waited for, told together with {@code state} if the time is over
     */
    static void until(String what, Duration limit, BooleanSupplier condition, Supplier<String> state) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException(
                        "lab: waited " + limit.toSeconds() + " s in vain for " + what + ": " + state.get());
            }
            sleep(STEP_MILLIS);
        }
    }

    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("lab: interrupted", e);
        }
    }
}
