package io.novacron.hde.qemu.process;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;

/** What the kernel runs when nothing else wants the processor (setpriority(2): on Linux each thread has its own). */
public final class LowPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;
    private static final int LOWEST = 19;

    private interface C extends com.sun.jna.Library {
        int setpriority(int which, int who, int priority) throws LastErrorException;
    }

    private LowPriority() {}

    /**
     * Gives the calling thread the lowest priority, and those that it starts from now on. It cannot be taken back without
     * a capability, so the thread is to do nothing else afterwards.
     *
     * @return whether the kernel has done so
     */
    public static boolean ofThisThread() {
        try {
            Native.load("c", C.class).setpriority(PRIO_PROCESS, CALLING_THREAD, LOWEST);
            return true;
        } catch (LastErrorException | UnsatisfiedLinkError e) {
            return false;
        }
    }
}
