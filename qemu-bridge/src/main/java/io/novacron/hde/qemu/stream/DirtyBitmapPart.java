package io.novacron.hde.qemu.stream;

/**
 * The data of a dirty-bitmap section: chunks up to the one with EOS (QEMU: {@code migration/block-dirty-bitmap.c}).
 * Nothing is learned from it but where it ends.
 */
final class DirtyBitmapPart implements Part {
    private static final int EOS = 0x01;
    private static final int ZEROES = 0x02;
    private static final int BITMAP_NAME = 0x04;
    private static final int DEVICE_NAME = 0x08;
    private static final int START = 0x10;
    private static final int COMPLETE = 0x20;
    private static final int BITS = 0x40;
    private static final int MORE_FLAGS = 0x80;

    /** QEMU sends 1 KiB of a bitmap, rounded up to its alignment, in a chunk; more than this is not from QEMU. */
    private static final long MAX_BITS_BYTES = 16 << 20;

    private boolean lastChunk;

    @Override
    public Progress parse(StreamInput in) {
        while (in.skipped()) {
            if (lastChunk) {
                lastChunk = false;
                return Progress.DONE;
            }
            Progress progress = chunk(in);
            if (progress != Progress.DONE) {
                return progress;
            }
        }
        return Progress.NEEDS_MORE;
    }

    private Progress chunk(StreamInput in) {
        if (!in.has(1)) {
            return Progress.NEEDS_MORE;
        }
        int flags = in.u8(0);
        if ((flags & MORE_FLAGS) != 0 || Integer.bitCount(flags & (START | COMPLETE | BITS)) > 1) {
            return in.unknown("unknown dirty-bitmap flags 0x" + Integer.toHexString(flags));
        }
        int length = 1;
        for (int name = flags & (DEVICE_NAME | BITMAP_NAME); name != 0; name &= name - 1) {
            if (!in.has(length + 1)) {
                return Progress.NEEDS_MORE;
            }
            length += 1 + in.u8(length);
        }
        if ((flags & START) != 0) {
            length += 4 + 1;
        }
        long bits = 0;
        if ((flags & BITS) != 0) {
            length += 8 + 4;
            if ((flags & ZEROES) == 0) {
                length += 8;
                if (!in.has(length)) {
                    return Progress.NEEDS_MORE;
                }
                bits = in.u64(length - 8);
                if (bits < 0 || bits > MAX_BITS_BYTES) {
                    return in.unknown("dirty-bitmap chunk of " + Long.toUnsignedString(bits) + " bytes");
                }
            }
        }
        if (!in.has(length)) {
            return Progress.NEEDS_MORE;
        }
        in.consume(length);
        in.skip(bits);
        lastChunk = (flags & EOS) != 0;
        return Progress.DONE;
    }
}
