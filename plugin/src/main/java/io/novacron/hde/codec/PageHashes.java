package io.novacron.hde.codec;

import io.novacron.hde.page.PageHasher;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A queue of pages whose PageIds are computed, by its owner and by threads that help, before they leave it. Pages are put
 * in and come out in the same order, on the owner's thread. Nothing is allocated for a page.
 *
 * <p>Pages are claimed in chunks of a few. The owner never waits long for a thread that has claimed a chunk and was then
 * put aside by the operating system: it hashes that chunk again, and whoever is first has its result taken. So a page's
 * bytes may be read, in vain, after it has left the queue.
 */
final class PageHashes {
    /** The most pages that it can hold. */
    static final int CAPACITY = 252;

    private static final int CHUNK_PAGES = 4;
    private static final int SLOTS = CAPACITY / CHUNK_PAGES + 1;
    private static final int MOST_HELPERS = 7;

    /** With fewer pages it is not worth waking a thread. */
    private static final int WORTH_HELP = 2 * CHUNK_PAGES;

    /** How long a thread that helps looks for more before it goes: what the owner does between two reads takes less. */
    private static final long LOOKING_NANOS = 50_000;

    /** How long the owner waits for a chunk that another has claimed: about as long as hashing it takes. */
    private static final long WAITING_NANOS = 15_000;

    /** A chunk's slot holds three times its number plus one of these. */
    private static final int OPEN = 0;

    private static final int WRITING = 1;
    private static final int DONE = 2;
    private static final int STATES = 3;

    private final HashingHelp help;
    private final Helper[] helpers;
    private final Worker owner = new Worker();

    // chunk n is in slot n % SLOTS
    private final int[] positions = new int[SLOTS * CHUNK_PAGES];
    private final int[] sizes = new int[SLOTS];
    private final long[] ids = new long[2 * SLOTS * CHUNK_PAGES];
    private final AtomicLongArray states = new AtomicLongArray(SLOTS);
    private final AtomicLong claimed = new AtomicLong();
    private volatile long published;
    private ByteBuffer bytes;

    // of the owner: pages in the chunk being filled, pages in all, and the page that leaves next
    private int filling;
    private int count;
    private long leaving;
    private int leavingPage;
    private long high;
    private long low;

    PageHashes(HashingHelp help) {
        this.help = help;
        this.helpers = new Helper[Math.min(help.threads(), MOST_HELPERS)];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Helper();
        }
    }

    /** Whether there are threads that may help. */
    boolean hasHelp() {
        return helpers.length > 0;
    }

    /** How many pages are in it. */
    int count() {
        return count;
    }

    /**
     * Puts a page in.
     *
     * @param in holds the page until it has left; the same for all pages that are in the queue at a time, and its limit
     *     never changes
     */
    void add(ByteBuffer in, int position) {
        if (count == CAPACITY) {
            throw new IllegalStateException("there are " + count + " pages in it already");
        }
        bytes = in;
        positions[slot(published) * CHUNK_PAGES + filling++] = position;
        count++;
        if (filling == CHUNK_PAGES) {
            publish();
        }
    }

    private void publish() {
        long chunk = published;
        int slot = slot(chunk);
        sizes[slot] = filling;
        filling = 0;
        states.set(slot, STATES * chunk + OPEN);
        published = chunk + 1;
    }

    /** Asks for help with what is in the queue, if that is worth it. */
    void askForHelp() {
        if (count < WORTH_HELP || help.isBusy()) {
            return;
        }
        for (Helper helper : helpers) {
            helper.ask();
        }
    }

    /** Takes the next page out; the halves of its PageId are then {@link #high()} and {@link #low()}. */
    void take() {
        if (count == 0) {
            throw new IllegalStateException("there is no page in it");
        }
        if (leaving == published) {
            publish();
        }
        int slot = slot(leaving);
        if (leavingPage == 0) {
            finish(leaving);
        }
        int page = slot * CHUNK_PAGES + leavingPage++;
        high = ids[2 * page];
        low = ids[2 * page + 1];
        count--;
        if (leavingPage == sizes[slot]) {
            leavingPage = 0;
            leaving++;
        }
    }

    /** Bytes 0 to 7 of the PageId of the page that was taken last. */
    long high() {
        return high;
    }

    /** Bytes 8 to 15 of it. */
    long low() {
        return low;
    }

    /** Returns when a chunk is done; until then hashes what nobody has claimed. */
    private void finish(long chunk) {
        long done = STATES * chunk + DONE;
        int slot = slot(chunk);
        while (states.get(slot) != done && owner.hashOne()) {
            // one more is done
        }
        if (states.get(slot) == done) {
            return;
        }
        long began = System.nanoTime();
        while (states.get(slot) != done) {
            if (System.nanoTime() - began > WAITING_NANOS) {
                owner.hash(chunk);
            }
            Thread.onSpinWait();
        }
    }

    private static int slot(long chunk) {
        return (int) (chunk % SLOTS);
    }

    /** Hashes chunks, on one thread at a time. */
    private final class Worker {
        private final PageHasher hasher = new PageHasher();
        private final int[] places = new int[CHUNK_PAGES];
        private final long[] results = new long[2 * CHUNK_PAGES];

        /** Claims a chunk and hashes it; false if there is none. */
        boolean hashOne() {
            long chunk = claimed.get();
            while (chunk < published) {
                if (claimed.compareAndSet(chunk, chunk + 1)) {
                    hash(chunk);
                    return true;
                }
                chunk = claimed.get();
            }
            return false;
        }

        void hash(long chunk) {
            int slot = slot(chunk);
            long open = STATES * chunk + OPEN;
            ByteBuffer in = bytes;
            int size = sizes[slot];
            System.arraycopy(positions, slot * CHUNK_PAGES, places, 0, CHUNK_PAGES);
            VarHandle.loadLoadFence();
            if (states.get(slot) != open) {
                // The slot may be another chunk's by now, and what was read of it a mixture.
                return;
            }
            for (int i = 0; i < size; i++) {
                hasher.hash(in, places[i]);
                results[2 * i] = hasher.high();
                results[2 * i + 1] = hasher.low();
            }
            if (states.compareAndSet(slot, open, STATES * chunk + WRITING)) {
                System.arraycopy(results, 0, ids, 2 * slot * CHUNK_PAGES, 2 * size);
                states.set(slot, STATES * chunk + DONE);
            }
        }
    }

    /** What a thread that helps does: it hashes while there are pages, and looks for more for a moment. */
    private final class Helper implements Runnable {
        private final AtomicBoolean asked = new AtomicBoolean();
        private final Worker worker = new Worker();

        void ask() {
            if (!asked.get() && asked.compareAndSet(false, true) && !help.ask(this)) {
                asked.set(false);
            }
        }

        @Override
        public void run() {
            try {
                long lastHashed = System.nanoTime();
                while (!help.isBusy() && System.nanoTime() - lastHashed < LOOKING_NANOS) {
                    if (worker.hashOne()) {
                        lastHashed = System.nanoTime();
                    } else {
                        Thread.onSpinWait();
                    }
                }
            } finally {
                asked.set(false);
            }
        }
    }
}
