package io.novacron.hde.store;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FrameUnpacker;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads pages, each checked against its PageId. An instance belongs to one thread and holds memory outside the heap.
 *
 * <p>Unpacked frames are kept in a ring of bounded size, because pages that were kept in place are asked for in the order
 * in which they were stored.
 */
public final class PageReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PageReader.class);

    /** Frames that may be unpacked for one page: a hostile peer can make frames with bases in very many others. */
    private static final int MOST_FRAMES_A_PAGE = 1024;

    private static final int MOST_ENTRIES = 64;

    private final StoreWriter writer;
    private final FrameUnpacker unpacker = new FrameUnpacker();
    private final PageHasher hasher = new PageHasher();
    private final int ringBytes;
    private ByteBuffer ring;
    private final Entry[] entries = new Entry[MOST_ENTRIES];
    private final ByteBuffer[] bases;
    private int ringAt;
    private int nextEntry;
    private Entry lastHit;
    private int framesLeft;

    PageReader(StoreWriter writer, StoreLimits limits) {
        this.writer = writer;
        this.ringBytes = limits.readerBytes();
        this.bases = new ByteBuffer[limits.maxDepth() + 1];
    }

    /**
     * Writes a page's 4096 bytes.
     *
     * @param out receives the page; direct
     * @return whether it was held and its content right; if not, what is in {@code out} is undefined
     * @throws IndexOutOfBoundsException if the page does not lie within the buffer
     */
    public boolean read(long high, long low, ByteBuffer out, int position) {
        framesLeft = MOST_FRAMES_A_PAGE;
        return readPage(high, low, Frame.MAX_DEPTH + 1, out, position);
    }

    @Override
    public void close() {
        unpacker.close();
    }

    /** Only from a frame of less depth than that, so that no chain of bases comes back to itself. */
    private boolean readPage(long high, long low, int lessThanDepth, ByteBuffer out, int position) {
        if (high == PageId.ZERO_PAGE.high() && low == PageId.ZERO_PAGE.low()) {
            zero(out, position);
            return true;
        }
        // Pages that were kept are asked for in the order in which they were stored: the next one is likely beside the
        // last, and looking there costs less than the index.
        if (lastHit != null && lastHit.isFilled() && lastHit.frame.depth() < lessThanDepth) {
            int slot = lastHit.slotOf(high, low);
            if (slot >= 0 && copy(lastHit, slot, high, low, out, position)) {
                return true;
            }
        }
        long location = writer.find(high, low);
        if (location == Location.NONE || Location.depth(location) >= lessThanDepth) {
            return false;
        }
        Entry entry = entry(location);
        if (entry == null) {
            forget(high, low, location);
            return false;
        }
        int slot = Location.slot(location);
        if (slot >= entry.frame.count() || entry.frame.idHigh(slot) != high || entry.frame.idLow(slot) != low) {
            forget(high, low, location);
            return false;
        }
        if (!copy(entry, slot, high, low, out, position)) {
            LOG.warn(
                    "A page in frame {} of the page store is damaged; it is forgotten and will be sent again",
                    entry.number);
            forget(high, low, location);
            return false;
        }
        return true;
    }

    /** Returns false if the page in that slot is not what the frame says. */
    private boolean copy(Entry entry, int slot, long high, long low, ByteBuffer out, int position) {
        int at = entry.position + slot * Page.SIZE;
        if (!entry.isVerified(slot)) {
            hasher.hash(ring, at);
            if (hasher.high() != high || hasher.low() != low) {
                return false;
            }
            entry.setVerified(slot);
        }
        entry.lastSlot = slot;
        out.put(position, ring, at, Page.SIZE);
        return true;
    }

    private void forget(long high, long low, long location) {
        if (framesLeft > 0) {
            writer.forget(high, low, location);
        }
    }

    /** The unpacked frame of a location, or null. */
    private Entry entry(long location) {
        long number = Location.frame(location);
        if (lastHit != null && lastHit.number == number && lastHit.isFilled()) {
            return lastHit;
        }
        for (Entry entry : entries) {
            if (entry != null && entry.number == number && entry.isFilled()) {
                lastHit = entry;
                return entry;
            }
        }
        return load(number, Location.depth(location));
    }

    private Entry load(long number, int depth) {
        if (--framesLeft <= 0) {
            return null;
        }
        Frame frame = writer.readFrame(number);
        if (frame == null || frame.depth() != depth) {
            return null;
        }
        ByteBuffer frameBases = null;
        if (depth > 0) {
            frameBases = readBases(frame);
            if (frameBases == null) {
                return null;
            }
        }
        Entry entry = place(frame.count() * Page.SIZE);
        try {
            unpacker.unpack(frame, frameBases, ring, entry.position);
        } catch (FrameException e) {
            LOG.warn("Frame {} of the page store is damaged: {}", number, e.getMessage());
            return null;
        }
        entry.fill(number, frame);
        lastHit = entry;
        return entry;
    }

    private ByteBuffer readBases(Frame frame) {
        if (frame.depth() >= bases.length) {
            return null;
        }
        ByteBuffer buffer = bases[frame.depth()];
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(Frame.MAX_PAGES * Page.SIZE);
            bases[frame.depth()] = buffer;
        }
        for (int slot = 0; slot < frame.count(); slot++) {
            if (!readPage(frame.baseHigh(slot), frame.baseLow(slot), frame.depth(), buffer, slot * Page.SIZE)) {
                return null;
            }
        }
        return buffer;
    }

    /** Takes the next bytes of the ring, which whoever has them loses. */
    private Entry place(int length) {
        if (ring == null) {
            // late, because many a reader reads nothing
            ring = ByteBuffer.allocateDirect(ringBytes);
        }
        if (ringAt + length > ring.capacity()) {
            ringAt = 0;
        }
        for (Entry entry : entries) {
            if (entry != null && entry.position < ringAt + length && ringAt < entry.position + entry.length) {
                entry.empty();
            }
        }
        Entry entry = entries[nextEntry];
        if (entry == null) {
            entry = new Entry();
            entries[nextEntry] = entry;
        }
        nextEntry = (nextEntry + 1) % MOST_ENTRIES;
        entry.empty();
        entry.position = ringAt;
        entry.length = length;
        ringAt += length;
        return entry;
    }

    private static void zero(ByteBuffer out, int position) {
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            out.putLong(position + i, 0);
        }
    }

    /** An unpacked frame in the ring. */
    private static final class Entry {
        private final long[] verified = new long[Frame.MAX_PAGES / Long.SIZE];
        private long number;
        private Frame frame;
        private int position;
        private int length;
        private int lastSlot;

        boolean isFilled() {
            return frame != null;
        }

        void fill(long newNumber, Frame newFrame) {
            number = newNumber;
            frame = newFrame;
            lastSlot = frame.count() - 1;
            Arrays.fill(verified, 0);
        }

        /** Where the page with this id is, looking first behind the one that was read last; -1 if it is not in here. */
        int slotOf(long high, long low) {
            int count = frame.count();
            int slot = lastSlot;
            for (int i = 0; i < count; i++) {
                slot = slot + 1 == count ? 0 : slot + 1;
                if (frame.idHigh(slot) == high && frame.idLow(slot) == low) {
                    return slot;
                }
            }
            return -1;
        }

        void empty() {
            frame = null;
            length = 0;
        }

        boolean isVerified(int slot) {
            return (verified[slot / Long.SIZE] & 1L << slot) != 0;
        }

        void setVerified(int slot) {
            verified[slot / Long.SIZE] |= 1L << slot;
        }
    }
}
