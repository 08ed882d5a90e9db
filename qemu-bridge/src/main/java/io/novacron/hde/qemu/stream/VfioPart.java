package io.novacron.hde.qemu.stream;

/**
 * The data of a vfio section: words, of which DATA carries bytes (QEMU: {@code hw/vfio/migration.c}). Nothing is
 * learned from it but where it ends.
 */
final class VfioPart implements Part {
    private static final long END_OF_STATE = 0xffffffffef100001L;
    private static final long DEV_SETUP_STATE = 0xffffffffef100003L;
    private static final long DEV_DATA_STATE = 0xffffffffef100004L;
    private static final long DEV_INIT_DATA_SENT = 0xffffffffef100005L;

    /** QEMU's buffer for it has 1 MiB; a device of 7.2 may map more. */
    private static final long MAX_DATA = 1L << 32;

    @Override
    public Progress parse(StreamInput in) {
        while (in.skipped()) {
            if (!in.has(8)) {
                return Progress.NEEDS_MORE;
            }
            long word = in.u64(0);
            if (word == END_OF_STATE || word == DEV_INIT_DATA_SENT) {
                in.consume(8);
                return Progress.DONE;
            } else if (word == DEV_SETUP_STATE) {
                in.consume(8);
            } else if (word == DEV_DATA_STATE) {
                if (!in.has(16)) {
                    return Progress.NEEDS_MORE;
                }
                long length = in.u64(8);
                if (length < 0 || length > MAX_DATA) {
                    return in.unknown("vfio data of " + Long.toUnsignedString(length) + " bytes");
                }
                in.consume(16);
                in.skip(length);
            } else {
                return in.unknown("unknown vfio word 0x" + Long.toHexString(word));
            }
        }
        return Progress.NEEDS_MORE;
    }
}
