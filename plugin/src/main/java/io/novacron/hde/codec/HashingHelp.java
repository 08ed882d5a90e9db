package io.novacron.hde.codec;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;

/** The threads that pack, asked to hash pages while there is nothing to be packed. Shared by all channels. */
public final class HashingHelp {
    /** No help: whoever encodes hashes alone. */
    public static final HashingHelp NONE = new HashingHelp(null);

    private final ThreadPoolExecutor threads;

    private HashingHelp(ThreadPoolExecutor threads) {
        this.threads = threads;
    }

    /** Help from the threads of a pool; what else it is given to do goes first. */
    public static HashingHelp of(ThreadPoolExecutor threads) {
        return new HashingHelp(threads);
    }

    /** How many threads may help. */
    int threads() {
        return threads == null ? 0 : threads.getMaximumPoolSize();
    }

    /** Whether the threads have something else to do. */
    boolean isBusy() {
        return !threads.getQueue().isEmpty();
    }

    /** Has a thread run this; false if the threads have been stopped. */
    boolean ask(Runnable hashing) {
        try {
            threads.execute(hashing);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }
}
