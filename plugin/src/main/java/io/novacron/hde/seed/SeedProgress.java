package io.novacron.hde.seed;

import java.util.concurrent.atomic.AtomicLong;

/** How far a pass over a guest's memory has come; written by the thread that makes it, read by anybody. */
public final class SeedProgress {
    private final long pages;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong present = new AtomicLong();
    private final AtomicLong changed = new AtomicLong();
    private final AtomicLong changedAgain = new AtomicLong();

    /** @param pages of the guest */
    public SeedProgress(long pages) {
        this.pages = pages;
    }

    /** Pages of the guest. */
    public long pages() {
        return pages;
    }

    /** Of these, how many have been looked at. */
    public long done() {
        return done.get();
    }

    /** Of those looked at, how many are not zero. */
    public long present() {
        return present.get();
    }

    /** Of those looked at, how many the peer did not hold. */
    public long changed() {
        return changed.get();
    }

    /** Of those, how many it did not hold the time before either. */
    public long changedAgain() {
        return changedAgain.get();
    }

    void looked(long more, long morePresent, long moreChanged, long moreChangedAgain) {
        done.addAndGet(more);
        present.addAndGet(morePresent);
        changed.addAndGet(moreChanged);
        changedAgain.addAndGet(moreChangedAgain);
    }
}
