package io.novacron.hde.seed;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Which pages a pass has sent: one bit a page, by RAM block. One thread. */
public final class ChangedPages {
    private final Map<GuestPages.Block, BitSet> blocks = new HashMap<>();

    boolean contains(GuestPages.Block block, long page) {
        BitSet pages = blocks.get(block);
        return pages != null && pages.get(Math.toIntExact(page));
    }

    void add(GuestPages.Block block, long page) {
        blocks.computeIfAbsent(block, unused -> new BitSet()).set(Math.toIntExact(page));
    }
}
