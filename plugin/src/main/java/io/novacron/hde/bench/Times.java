package io.novacron.hde.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Adds up what this thread takes for one kind of work, by the clock and in processor time: on a machine that others use
 * the two differ, and only the second can be believed. One thread.
 */
final class Times {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private long wallNanos;
    private long cpuNanos;
    private long wallBegan;
    private long cpuBegan;

    void begin() {
        cpuBegan = THREADS.getCurrentThreadCpuTime();
        wallBegan = System.nanoTime();
    }

    void end() {
        wallNanos += System.nanoTime() - wallBegan;
        cpuNanos += THREADS.getCurrentThreadCpuTime() - cpuBegan;
    }

    long wallNanos() {
        return wallNanos;
    }

    long cpuNanos() {
        return cpuNanos;
    }
}
