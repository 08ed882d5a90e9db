package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.PageIdBlock;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.page.PageId;
import io.novacron.hde.wire.Protocol;
import java.util.Arrays;
import java.util.List;

/**
 * The pages that the peer is known to hold, numbered alike on both sides: first every place of every agreed baseline, in
 * the order of agreement, then every page sent in this channel, in the order of sending.
 *
 * <p>The source also looks numbers up by PageId; the table for that takes 4 bytes for each distinct page, twice over.
 * One thread.
 */
final class KnownPages {
    /** Beyond this many pages of agreed baselines the source does not look for more: a bound on its memory. */
    private static final int MAX_INDEXED_PAGES = 1 << 20;

    private static final int NONE = 0;

    private final List<MemoryTable> tables;
    private final long[] tableStart;
    private final long sentStart;
    private final boolean indexed;
    private int[] slots = new int[1 << 12];
    private int used;
    private final TableSpace space;
    private PageIdBlock[] sent = new PageIdBlock[16];
    private int sentCount;
    // those before have been offered to the space and are not changed
    private int offeredBlocks;

    /**
     * @param indexed whether {@link #find} will be called: at the source
     * @param space where the ids of pages that were sent are kept
     */
    KnownPages(List<MemoryTable> tables, boolean indexed, TableSpace space) {
        this.space = space;
        this.tables = List.copyOf(tables);
        this.tableStart = new long[tables.size() + 1];
        this.indexed = indexed;
        for (int i = 0; i < tables.size(); i++) {
            tableStart[i + 1] = tableStart[i] + places(tables.get(i));
        }
        this.sentStart = tableStart[tables.size()];
        if (indexed) {
            forEachOfBaselines((number, high, low) -> {
                if (number < Integer.MAX_VALUE && isContent(high, low)) {
                    insert(high, low, (int) number);
                }
                return used < MAX_INDEXED_PAGES;
            });
        }
    }

    private static long places(MemoryTable table) {
        long places = 0;
        for (BlockLayout block : table.layout()) {
            places += block.pages();
        }
        return places;
    }

    /** Is told of a page and its number; says whether it wants the next one. */
    interface NumberedPage {
        boolean take(long number, long high, long low);
    }

    /**
     * Tells of the pages of the agreed baselines that are present, in the order of their numbers. Others are passed over:
     * how many there are is only what a peer has said.
     */
    void forEachOfBaselines(NumberedPage taker) {
        for (int i = 0; i < tables.size(); i++) {
            List<BlockLayout> layout = tables.get(i).layout();
            long[] blockStart = new long[layout.size() + 1];
            blockStart[0] = tableStart[i];
            for (int block = 0; block < layout.size(); block++) {
                blockStart[block + 1] = blockStart[block] + layout.get(block).pages();
            }
            if (!tables.get(i)
                    .forEachPresent((block, page, high, low) -> taker.take(blockStart[block] + page, high, low))) {
                return;
            }
        }
    }

    /** Whether this id stands for a page that is neither unknown nor all zero. */
    static boolean isContent(long high, long low) {
        return (high != 0 || low != 0) && (high != PageId.ZERO_PAGE.high() || low != PageId.ZERO_PAGE.low());
    }

    /** The first number that is not a place in a baseline. */
    long sentStart() {
        return sentStart;
    }

    int sentCount() {
        return sentCount;
    }

    /** How many numbers there are. */
    long count() {
        return sentStart + sentCount;
    }

    /** Appends a page that has been sent, unless there are as many as the protocol numbers. */
    void add(long high, long low) {
        if (sentCount == Protocol.MAX_SENT_PAGES) {
            return;
        }
        int number = sentCount / PageIdBlock.IDS;
        int place = sentCount % PageIdBlock.IDS;
        if (place == 0) {
            if (number == sent.length) {
                sent = Arrays.copyOf(sent, 2 * number);
            }
            sent[number] = new PageIdBlock();
        }
        sent[number].set(place, high, low);
        if (place == PageIdBlock.IDS - 1) {
            space.offer(sent[number]);
            offeredBlocks = number + 1;
        }
        long known = sentStart + sentCount++;
        if (indexed && known < Integer.MAX_VALUE) {
            insert(high, low, (int) known);
        }
    }

    /** Forgets the pages that were sent last, down to this count. At the destination. */
    void truncate(int count) {
        sentCount = Math.min(sentCount, count);
        int number = sentCount / PageIdBlock.IDS;
        if (number < offeredBlocks) {
            sent[number] = sent[number].copy();
            offeredBlocks = number;
        }
    }

    /** A number of a page with this id, or -1. */
    long find(long high, long low) {
        int mask = slots.length - 1;
        for (int slot = hash(high, low) & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            long number = slots[slot] - 1L;
            if (high(number) == high && low(number) == low) {
                return number;
            }
        }
        return -1;
    }

    /** Whether there is a page of this number. */
    boolean holds(long number) {
        return number >= 0 && number < count();
    }

    long high(long number) {
        if (number >= sentStart) {
            int place = (int) (number - sentStart);
            return sent[place / PageIdBlock.IDS].high(place % PageIdBlock.IDS);
        }
        return half(number, true);
    }

    long low(long number) {
        if (number >= sentStart) {
            int place = (int) (number - sentStart);
            return sent[place / PageIdBlock.IDS].low(place % PageIdBlock.IDS);
        }
        return half(number, false);
    }

    private long half(long number, boolean high) {
        int table = 0;
        while (number >= tableStart[table + 1]) {
            table++;
        }
        MemoryTable memory = tables.get(table);
        long page = number - tableStart[table];
        int block = 0;
        List<BlockLayout> layout = memory.layout();
        while (page >= layout.get(block).pages()) {
            page -= layout.get(block).pages();
            block++;
        }
        return high ? memory.high(block, page) : memory.low(block, page);
    }

    private void insert(long high, long low, int number) {
        if (find(high, low) >= 0) {
            return;
        }
        if (++used * 2 > slots.length) {
            grow();
        }
        put(high, low, number);
    }

    private void put(long high, long low, int number) {
        int mask = slots.length - 1;
        int slot = hash(high, low) & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = number + 1;
    }

    private void grow() {
        int[] old = slots;
        slots = new int[2 * old.length];
        for (int entry : old) {
            if (entry != NONE) {
                put(high(entry - 1), low(entry - 1), entry - 1);
            }
        }
    }

    /** A PageId is a cryptographic hash already: any of its bits will do. */
    private static int hash(long high, long low) {
        return (int) (high ^ low);
    }
}
