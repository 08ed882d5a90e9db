package io.novacron.hde.store;

/**
 * Removes the frames that nobody needs: the caller names every page that must stay, then calls {@link #finish()}.
 *
 * <p>What a DELTA frame is based on stays with it. Frames appended or found useful by an append since the sweep began,
 * or while a {@link PageStore.Protection} is held, stay too. A frame stays whole for the sake of one page. An instance
 * belongs to one thread; memory: one bit a frame.
 */
public final class Sweep implements AutoCloseable {
    /** Frames removed between two commits, and between two looks at the queue. */
    private static final int BATCH = 64;

    private final StoreWriter writer;
    private final FrameSet needed = new FrameSet();
    private final PageStore.Protection protection;
    private final long before;

    Sweep(StoreWriter writer) {
        this.writer = writer;
        this.protection = writer.protect();
        this.before = writer.firstProtected();
    }

    /** Says that a page is needed. Pages that are not held are ignored. */
    public void keep(long high, long low) {
        long location = writer.find(high, low);
        if (location == Location.NONE) {
            return;
        }
        long frame = Location.frame(location);
        if (needed.add(frame) && Location.depth(location) > 0) {
            keepBases(frame, Location.depth(location));
        }
    }

    /**
     * Removes all frames that no needed page lies in or depends on.
     *
     * @return the bytes that frees
     */
    public long finish() {
        long freed = 0;
        long from = 1;
        while (from > 0) {
            long start = from;
            SweepStep step = writer.sweep(start, before, needed, BATCH);
            freed += step.freedBytes();
            from = step.next();
        }
        return freed;
    }

    @Override
    public void close() {
        protection.close();
    }

    /** The depth of a base is less than that of its frame, so this ends. */
    private void keepBases(long number, int depth) {
        var frame = writer.readFrame(number);
        if (frame == null || frame.depth() != depth || depth == 0) {
            return;
        }
        for (int slot = 0; slot < frame.count(); slot++) {
            long base = writer.find(frame.baseHigh(slot), frame.baseLow(slot));
            if (base != Location.NONE && Location.depth(base) < depth && needed.add(Location.frame(base))) {
                keepBases(Location.frame(base), Location.depth(base));
            }
        }
    }

    /**
     * @param next the frame number to go on from, 0 at the end
     * @param freedBytes bytes of the frames removed
     */
    record SweepStep(long next, long freedBytes) {}
}
