package io.novacron.hde.forecast;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.GuestOutline;
import io.novacron.hde.codec.StreamPosition;
import io.novacron.hde.page.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** A migration of a made-up guest over a made-up link, batch by batch, and what was forecast after each. */
final class SyntheticMigration {
    static final long ZERO = -1;

    private static final int BATCH_PAGES = 200;
    private static final double DOWNTIME_SECONDS = 0.3;

    /** After a batch: the bytes and seconds so far, and the forecast. */
    record Step(int round, long bytes, double seconds, Forecast forecast) {}

    final Course course = new Course();
    final List<Step> steps = new ArrayList<>();
    private final GuestOutline guest;
    private final long linkBytesPerSecond;
    private long pages;
    private long kept;
    private long lastRoundPages;
    private long bytes;
    private double seconds;

    SyntheticMigration(MemoryTable start, long linkBytesPerSecond) {
        this.guest = new GuestOutline(start);
        this.linkBytesPerSecond = linkBytesPerSecond;
    }

    /** A table of a guest with so many pages, none of them present. */
    static MemoryTable empty(long pages) {
        return new MemoryTable(List.of(new BlockLayout("pc.ram", pages * Page.SIZE)));
    }

    /**
     * One round.
     *
     * @param roundPages evenly spread over the guest's memory
     * @param bytesOf what a page costs, by its place; 0 if it is kept, {@link #ZERO} if it is zero
     * @return seconds that it took
     */
    double round(int round, long roundPages, LongUnaryOperator bytesOf) {
        double began = seconds;
        long sent = 0;
        while (sent < roundPages) {
            long wire = 0;
            int count = 0;
            for (; count < BATCH_PAGES && sent < roundPages; count++, sent++) {
                long cost = bytesOf.applyAsLong(sent * guest.pages() / roundPages);
                kept += cost == 0 ? 1 : 0;
                wire += Math.max(0, cost);
            }
            pages += count;
            bytes += wire;
            seconds += (double) wire / linkBytesPerSecond;
            arrived(round, (sent - 1) * guest.pages() / roundPages + 1, sent, wire, false);
        }
        lastRoundPages = sent;
        return seconds - began;
    }

    void complete(int round) {
        arrived(round, guest.pages(), lastRoundPages, 0, true);
    }

    private void arrived(int round, long passed, long roundPages, long wire, boolean complete) {
        StreamPosition position =
                new StreamPosition(guest, round, passed, pages, roundPages, lastRoundPages, kept, complete);
        course.arrived((long) (seconds * 1e9), position, wire, linkBytesPerSecond);
        course.forecast().ifPresent(said -> steps.add(new Step(round, bytes, seconds, said)));
    }

    /** Rounds as QEMU makes them, until the rest fits in the downtime or there have been too many. */
    void run(double writtenPagesPerSecond, int mostRounds, long pageBytes) {
        double took = round(1, guest.pages(), place -> pageBytes);
        int round = 2;
        for (; round <= mostRounds; round++) {
            long dirty = Math.max(1, Math.min(guest.pages(), (long) (writtenPagesPerSecond * took)));
            boolean last = (double) dirty * pageBytes / linkBytesPerSecond <= DOWNTIME_SECONDS;
            took = round(round, dirty, place -> pageBytes);
            if (last) {
                complete(round);
                return;
            }
        }
    }

    long bytes() {
        return bytes;
    }

    double seconds() {
        return seconds;
    }
}
