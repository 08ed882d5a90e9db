package io.novacron.hde.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Runs code and fails if it allocates more than it may. */
public final class Bounded {
    /** What an exception takes, and Jazzer. Bytes. */
    private static final long SLACK = 1 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final BufferPoolMXBean DIRECT = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findFirst()
            .orElseThrow();

    private Bounded() {}

    /** What is run. */
    @FunctionalInterface
    public interface Body<E extends Exception> {
        /** Throws only what it declares. */
        void run() throws E;
    }

    /**
     * Runs it in this thread; a second time if it has allocated too much on the heap, because what is used for the first
     * time is loaded, linked and, under Jazzer, instrumented by the thread that uses it.
     *
     * @param most bytes that it may allocate on the heap, and the same outside it
     * @throws AssertionError if it allocates more
     */
    public static <E extends Exception> void run(long most, Body<E> body) throws E {
        long direct = DIRECT.getTotalCapacity();
        long heap = heap(body);
        check("outside the heap", DIRECT.getTotalCapacity() - direct, most);
        if (heap > most + SLACK) {
            check("on the heap", heap(body), most);
        }
    }

    private static <E extends Exception> long heap(Body<E> body) throws E {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        body.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static void check(String where, long allocated, long most) {
        if (allocated > most + SLACK) {
            throw new AssertionError(allocated + " bytes allocated " + where + " where " + most + " are allowed");
        }
    }
}
