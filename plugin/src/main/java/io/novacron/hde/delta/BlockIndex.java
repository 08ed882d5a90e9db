package io.novacron.hde.delta;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Finds blocks of a base anywhere in a target by a fingerprint that rolls: that of the bytes one further on costs a few
 * operations, whatever a block's length (Karp and Rabin, Efficient randomized pattern-matching algorithms, 1987).
 *
 * <p>rsync has two hashes, a weak one that rolls and a strong one in place of the bytes, which it does not have. Here
 * the fingerprint has 64 bits: a few of them pick the slot, as a weak hash, all of them must be equal, as a strong one,
 * and then the caller compares the bytes, which are at hand.
 */
final class BlockIndex {
    private static final int LEAST_BLOCK = 32;
    private static final int MOST_BLOCK = 4096;
    private static final int MOST_PROBES = 8;
    private static final int LEAST_SLOTS = 64;
    private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;
    // And its powers.
    private static final long MULTIPLIER_2 = 0xdf442d22ce4859b9L;
    private static final long MULTIPLIER_3 = 0x604a5ce3addef82dL;
    private static final long MULTIPLIER_4 = 0xd94363fc538227b1L;
    private static final long SLOT_MIX = 0xd6e8feb86659fd93L;

    private long[] fingerprints = new long[LEAST_SLOTS];
    /** Number of a block + 1, or 0. */
    private int[] blocks = new int[LEAST_SLOTS];

    private int shift;
    private int mask;
    private int blockBytes;
    /** What the byte that leaves has been multiplied with. */
    private long leaving;

    /** About a quarter of the square root of the base's length: 32 bytes for pages, 256 for 1 MiB, at most 4 KiB. */
    private static int blockBytes(int baseLen) {
        int root = Integer.highestOneBit(Math.max(1, (int) Math.sqrt(baseLen)));
        return Math.max(LEAST_BLOCK, Math.min(MOST_BLOCK, root / 4));
    }

    int blockBytes() {
        return blockBytes;
    }

    /** Takes the blocks of a base, instead of those of the last one. Of equal ones it keeps the first. */
    void fill(ByteBuffer base, int basePos, int baseLen) {
        blockBytes = blockBytes(baseLen);
        leaving = 1;
        for (int i = 0; i < blockBytes; i++) {
            leaving *= MULTIPLIER;
        }
        int count = baseLen / blockBytes;
        int slots = Math.max(LEAST_SLOTS, Integer.highestOneBit(Math.max(1, count)) * 4);
        if (slots > blocks.length) {
            blocks = new int[slots];
            fingerprints = new long[slots];
        } else {
            Arrays.fill(blocks, 0, slots, 0);
        }
        mask = slots - 1;
        shift = Long.numberOfLeadingZeros(mask);
        for (int block = 0; block < count; block++) {
            put(fingerprint(base, basePos + block * blockBytes), block);
        }
    }

    /** The fingerprint of the {@link #blockBytes()} bytes from a position on. */
    long fingerprint(ByteBuffer bytes, int position) {
        long fingerprint = 0;
        for (int i = position; i < position + blockBytes; i += 4) {
            fingerprint = fingerprint * MULTIPLIER_4
                    + bytes.get(i) * MULTIPLIER_3
                    + bytes.get(i + 1) * MULTIPLIER_2
                    + bytes.get(i + 2) * MULTIPLIER
                    + bytes.get(i + 3);
        }
        return fingerprint;
    }

    /** The fingerprint of the bytes one further on. */
    long roll(long fingerprint, byte leaves, byte comes) {
        return fingerprint * MULTIPLIER + (comes - leaves * leaving);
    }

    /** Where in the base a block of this fingerprint begins, or -1. */
    int find(long fingerprint) {
        int slot = slot(fingerprint);
        for (int probe = 0; probe < MOST_PROBES; probe++) {
            int block = blocks[slot];
            if (block == 0) {
                return -1;
            }
            if (fingerprints[slot] == fingerprint) {
                return (block - 1) * blockBytes;
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    private void put(long fingerprint, int block) {
        int slot = slot(fingerprint);
        for (int probe = 0; probe < MOST_PROBES; probe++) {
            if (blocks[slot] == 0) {
                blocks[slot] = block + 1;
                fingerprints[slot] = fingerprint;
                return;
            }
            if (fingerprints[slot] == fingerprint) {
                return;
            }
            slot = (slot + 1) & mask;
        }
        // A base of which so many blocks meet in one place was made for that; it costs savings.
    }

    private int slot(long fingerprint) {
        return (int) ((fingerprint * SLOT_MIX) >>> shift);
    }
}
