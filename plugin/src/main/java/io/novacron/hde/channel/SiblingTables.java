package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What the channels of one migration know of the guest's memory, at one end. Multifd channels carry the pages, each its
 * own; the main channel alone learns whether the migration succeeded, and makes the baseline of all of them.
 *
 * <p>The order in which two channels wrote one place is not known here. Both ends take the same one, which is all that a
 * baseline needs: where it is not what the guest has, the next migration sends the page. Thread-safe.
 */
public final class SiblingTables {
    /** How long the main channel waits for the others to end. */
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** QEMU has at most 255 multifd channels, and one for preemption. A peer that opens more has no baseline. */
    private static final int MOST = 256;

    /** A channel's table as it began and as it ended; both null until then. */
    private record Ends(MemoryTable start, MemoryTable end) {
        boolean isOpen() {
            return end == null;
        }
    }

    private static final Ends OPEN = new Ends(null, null);

    private final SortedMap<Integer, Ends> siblings = new TreeMap<>();
    private boolean lost;
    private boolean mainFailed;

    /** There is a channel beside the main one. {@link #ended} or {@link #lost} follows. */
    synchronized void opened(int number) {
        if (siblings.size() == MOST) {
            lost = true;
        } else {
            siblings.put(number, OPEN);
        }
    }

    /**
     * It has come to its end. Nobody changes these tables any more.
     *
     * @return whether the migration has failed: then this table is the channel's own to keep
     */
    synchronized boolean ended(int number, MemoryTable start, MemoryTable end) {
        siblings.computeIfPresent(number, (same, unused) -> new Ends(start, end));
        notifyAll();
        return mainFailed;
    }

    /**
     * The migration has failed, or nothing is known of its memory any more.
     *
     * @return what the channels that have ended know
     */
    synchronized List<MemoryTable> mainFailed() {
        mainFailed = true;
        return siblings.values().stream()
                .filter(ends -> !ends.isOpen())
                .map(Ends::end)
                .toList();
    }

    /** It did not, unless it has ended already. */
    synchronized void lost(int number) {
        lost |= siblings.containsKey(number) && siblings.get(number).isOpen();
        notifyAll();
    }

    /**
     * The guest's memory as all channels together know it: the main channel's table with what the others have changed in
     * theirs, in the order of their numbers. Waits for those that are still open.
     *
     * @return empty if one of them did not come to its end
     */
    synchronized Optional<MemoryTable> merge(MemoryTable main) throws InterruptedException {
        long deadline = System.nanoTime() + WAIT_NANOS;
        while (!lost && siblings.values().stream().anyMatch(Ends::isOpen)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return Optional.empty();
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        if (lost) {
            return Optional.empty();
        }
        MemoryTable merged = main.copy();
        siblings.values().forEach(ends -> merged.takeChanges(ends.start, ends.end));
        return Optional.of(merged);
    }
}
