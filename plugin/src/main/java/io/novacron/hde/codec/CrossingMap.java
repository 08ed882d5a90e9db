package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.RamBlock;
import java.util.List;

/**
 * By which tiers each region of a guest's memory crossed: the pages of a region, counted by tier, every time one crosses.
 * A region is a power of two of pages of one RAM block, the least with which there are no more than {@value #MOST_CELLS}.
 * One thread. Nothing is allocated for a page.
 */
public final class CrossingMap {
    /** The most regions. */
    public static final int MOST_CELLS = 4096;

    private static final int TIERS = Tier.values().length;
    private static final int MOST_TIMES = 9;

    private List<RamBlock> blocks = List.of();
    private int shift;
    private int[] firstCells = new int[0];
    private int[] counts = new int[0];

    /**
     * What has been counted.
     *
     * @param blocks in the order of their cells
     * @param pagesPerCell pages of a region; the last one of a block may have fewer
     * @param tiers for each cell the number of the tier ({@link Tier}) by which most of its pages crossed, as a digit; '.'
     *     where none did
     * @param times for each cell how often its pages crossed on average, as a digit, 9 for that and more
     */
    public record Snapshot(List<Block> blocks, int pagesPerCell, String tiers, String times) {
        public Snapshot {
            blocks = List.copyOf(blocks);
        }
    }

    /**
     * One RAM block, or a disk.
     *
     * @param bytes its length
     * @param cells how many regions it has
     */
    public record Block(String name, long bytes, int cells) {}

    /** Begins anew, unless the blocks are what they were. With more blocks than regions nothing is counted. */
    void begin(List<RamBlock> announced) {
        if (announced.equals(blocks)) {
            return;
        }
        blocks = announced.size() > MOST_CELLS ? List.of() : List.copyOf(announced);
        shift = 0;
        while (cells() > MOST_CELLS) {
            shift++;
        }
        firstCells = new int[blocks.size()];
        int next = 0;
        for (int i = 0; i < firstCells.length; i++) {
            firstCells[i] = next;
            next += cells(blocks.get(i));
        }
        counts = new int[next * TIERS];
    }

    private long cells() {
        return blocks.stream().mapToLong(this::cells).sum();
    }

    private int cells(RamBlock block) {
        long pages = block.usedLength() / Page.SIZE;
        return (int) Math.min(Integer.MAX_VALUE, (pages + (1L << shift) - 1) >> shift);
    }

    void count(int block, long page, Tier tier) {
        if (block < firstCells.length) {
            long index = (firstCells[block] + (page >> shift)) * TIERS + tier.ordinal();
            if (index < counts.length) {
                counts[(int) index]++;
            }
        }
    }

    Snapshot snapshot() {
        StringBuilder tiers = new StringBuilder();
        StringBuilder times = new StringBuilder();
        for (int i = 0; i < firstCells.length; i++) {
            long pages = blocks.get(i).usedLength() / Page.SIZE;
            int cells = cells(blocks.get(i));
            for (int cell = 0; cell < cells; cell++) {
                long inCell = Math.min(1L << shift, pages - ((long) cell << shift));
                add((firstCells[i] + cell) * TIERS, inCell, tiers, times);
            }
        }
        return new Snapshot(
                blocks.stream()
                        .map(block -> new Block(block.name(), block.usedLength(), cells(block)))
                        .toList(),
                1 << shift,
                tiers.toString(),
                times.toString());
    }

    private void add(int first, long pages, StringBuilder tiers, StringBuilder times) {
        int most = 0;
        long sum = 0;
        for (int tier = 0; tier < TIERS; tier++) {
            sum += counts[first + tier];
            // of two with as many, what costs more
            most = counts[first + tier] >= counts[first + most] ? tier : most;
        }
        tiers.append(sum == 0 ? '.' : (char) ('0' + most));
        times.append((char) ('0' + Math.min(MOST_TIMES, (sum + pages / 2) / pages)));
    }
}
