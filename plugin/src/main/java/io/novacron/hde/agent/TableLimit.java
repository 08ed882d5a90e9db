package io.novacron.hde.agent;

/**
 * How much of the heap tables may take: a table holds 16 bytes for each page of the guest, in chunks of 64 KiB for 16 MiB
 * of guest memory. What does not fit is not kept, only sent.
 */
final class TableLimit {
    private static final int CHUNK_BYTES = 64 << 10;

    /** One channel's table and its baselines together take at most this part of the heap, each. */
    private static final int PART_OF_HEAP = 4;

    private TableLimit() {}

    /** The same for a channel that carries a disk, beside which there is one for the memory, and perhaps another disk. */
    static int diskChunks() {
        return chunks() / 2;
    }

    /** Chunks for a channel's table, and as many again for its baselines. */
    static int chunks() {
        return (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / PART_OF_HEAP / CHUNK_BYTES);
    }
}
