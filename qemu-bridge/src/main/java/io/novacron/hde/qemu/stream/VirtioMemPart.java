package io.novacron.hde.qemu.stream;

/**
 * The data of virtio-mem's early section: u64 address, u64 region size, u64 block size, u32 node, u64 size, and a
 * bitmap of a bit per block in u64s (QEMU 8.0 and later: {@code hw/virtio/virtio-mem.c}).
 */
final class VirtioMemPart implements Part {
    private static final int FIXED = 36;
    private static final long MAX_BLOCKS = 1L << 32;

    private boolean inBitmap;

    @Override
    public Progress parse(StreamInput in) {
        if (!inBitmap) {
            if (!in.has(FIXED)) {
                return Progress.NEEDS_MORE;
            }
            long regionSize = in.u64(8);
            long blockSize = in.u64(16);
            if (regionSize < 0 || blockSize <= 0 || regionSize / blockSize > MAX_BLOCKS) {
                return in.unknown("virtio-mem of " + Long.toUnsignedString(regionSize) + " bytes in blocks of "
                        + Long.toUnsignedString(blockSize));
            }
            in.consume(FIXED);
            in.skip((regionSize / blockSize + 63) / 64 * 8);
            inBitmap = true;
        }
        if (!in.skipped()) {
            return Progress.NEEDS_MORE;
        }
        inBitmap = false;
        return Progress.DONE;
    }
}
