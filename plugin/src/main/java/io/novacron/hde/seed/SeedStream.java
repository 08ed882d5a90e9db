package io.novacron.hde.seed;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Writes a guest's memory as a migration stream: the pages that are not what a baseline says. The stream ends in good order
 * also where it was stopped; the memory that it had not come to is then as in the baseline.
 *
 * <p>One thread.
 */
public final class SeedStream {
    /** The machine's name in the stream's configuration section: no QEMU is called so. */
    private static final String MACHINE = "hde-seed";

    /** Pages that are looked at together, at most a megabyte. */
    private static final int WINDOW = 256;

    /** What is written in one go: some segments' worth, so that pauses do not cut them short. */
    private static final int OUT_BYTES = 1 << 20;

    /** Whoever wants the stream to end is not to wait for a pause. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final GuestPages guest;
    private final MemoryTable base;
    private final List<GuestPages.Block> blocks;
    private final ProcessorShare share;
    private final SeedProgress progress;
    private final ChangedPages changedBefore;
    private final ChangedPages changed;
    private final PageHasher hasher = new PageHasher();
    private final GuestStreamWriter stream = new GuestStreamWriter();
    private final BitSet touched = new BitSet(WINDOW);
    private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW * Page.SIZE);
    private final ByteBuffer out = ByteBuffer.allocateDirect(OUT_BYTES);

    // of the window at hand
    private long present;
    private long changedHere;
    private long changedAgain;

    /**
     * @param base what the destination holds of the guest: a table with the guest's blocks as its layout, in their order
     * @param changedBefore which pages the pass before has written
     * @param changed gets the pages that this one writes
     */
    public SeedStream(
            GuestPages guest,
            MemoryTable base,
            ProcessorShare share,
            SeedProgress progress,
            ChangedPages changedBefore,
            ChangedPages changed) {
        this.guest = guest;
        this.base = base;
        this.blocks = guest.blocks();
        this.share = share;
        this.progress = progress;
        this.changedBefore = changedBefore;
        this.changed = changed;
        if (!base.layout().equals(layout(blocks))) {
            throw new IllegalArgumentException("the baseline has other RAM blocks than the guest");
        }
    }

    /** The layout of a table of these blocks. */
    public static List<BlockLayout> layout(List<GuestPages.Block> blocks) {
        return blocks.stream()
                .map(block -> new BlockLayout(block.name(), block.length()))
                .toList();
    }

    /**
     * Writes the stream.
     *
     * @param from how many pages to leave out, all blocks one after the other: where a pass before this one has ended
     * @param stopped asked now and then whether to end before all has been looked at
     * @return how many pages have been looked at or left out; all of them unless it was stopped
     * @throws IOException when the guest's memory cannot be read any more, or the channel cannot be written
     */
    public long write(WritableByteChannel to, long from, BooleanSupplier stopped) throws IOException {
        stream.startOneWay(
                out,
                MACHINE,
                blocks.stream()
                        .map(block -> new RamBlock(block.name(), block.length()))
                        .toList());
        long before = 0;
        long position = from;
        boolean goesOn = true;
        for (int block = 0; block < blocks.size(); block++) {
            stream.beginSection(out);
            long pages = blocks.get(block).length() / Page.SIZE;
            while (position < before + pages && goesOn) {
                goesOn = !stopped.getAsBoolean();
                if (goesOn) {
                    int count = (int) Math.min(WINDOW, before + pages - position);
                    window(to, block, position - before, count);
                    pause(stopped);
                    position += count;
                }
            }
            before += pages;
            makeRoom(to);
            stream.endSection(out);
        }
        makeRoom(to);
        stream.beginLastSection(out);
        stream.endSection(out);
        stream.end(out, "{}");
        drain(to);
        return position;
    }

    private void window(WritableByteChannel to, int block, long first, int pages) throws IOException {
        present = 0;
        changedHere = 0;
        changedAgain = 0;
        touched.clear();
        guest.touched(block, first, pages, touched);
        for (int at = 0; at < pages; ) {
            boolean read = touched.get(at);
            int next = read ? touched.nextClearBit(at) : touched.nextSetBit(at);
            int end = next < 0 ? pages : Math.min(next, pages);
            if (read) {
                guest.read(block, (first + at) * Page.SIZE, (end - at) * Page.SIZE, window.clear());
            }
            for (int page = at; page < end; page++) {
                if (read) {
                    look(to, block, first + page, (page - at) * Page.SIZE);
                } else {
                    zero(to, block, first + page);
                }
            }
            at = end;
        }
        progress.looked(pages, present, changedHere, changedAgain);
    }

    private void pause(BooleanSupplier stopped) {
        long left = share.pause();
        long end = System.nanoTime() + left;
        while (left > 0 && !stopped.getAsBoolean()) {
            LockSupport.parkNanos(Math.min(left, LOOK_NANOS));
            left = end - System.nanoTime();
        }
    }

    private void look(WritableByteChannel to, int block, long page, int position) throws IOException {
        if (isZero(position)) {
            zero(to, block, page);
            return;
        }
        present++;
        hasher.hash(window, position);
        if (base.high(block, page) == hasher.high() && base.low(block, page) == hasher.low()) {
            return;
        }
        changed(block, page);
        makeRoom(to);
        out.put(stream.beginPage(out, block, page * Page.SIZE), window, position, Page.SIZE);
    }

    private void zero(WritableByteChannel to, int block, long page) throws IOException {
        PageId held = new PageId(base.high(block, page), base.low(block, page));
        if (held.equals(PageId.ZERO_PAGE)) {
            return;
        }
        if (!held.isAbsent()) {
            changed(block, page);
        }
        makeRoom(to);
        stream.zeroPage(out, block, page * Page.SIZE);
    }

    private void changed(int block, long page) {
        GuestPages.Block in = blocks.get(block);
        changedHere++;
        changedAgain += changedBefore.contains(in, page) ? 1 : 0;
        changed.add(in, page);
    }

    private boolean isZero(int position) {
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            if (window.getLong(position + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private void makeRoom(WritableByteChannel to) throws IOException {
        if (out.remaining() < GuestStreamWriter.MAX_WRITE) {
            drain(to);
        }
    }

    private void drain(WritableByteChannel to) throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            to.write(out);
        }
        out.clear();
    }
}
