package io.novacron.hde.qemu.stream;

/** The stream's first eight bytes; also tells the channels apart that are not a main channel. */
final class HeaderPart implements Part {
    private static final byte[] MULTIFD = {0x11, 0x22, 0x33, 0x44};
    private static final byte[] TLS_HANDSHAKE = {0x16, 0x03};
    private static final byte[] RECOVERY = {Wire.COMMAND, 0x00, Wire.CMD_RECV_BITMAP};
    private static final byte[] MAGIC = {'Q', 'E', 'V', 'M'};

    private boolean multifd;

    /** Whether a multifd channel has begun, of which nothing was consumed. */
    boolean isMultifd() {
        return multifd;
    }

    @Override
    public Progress parse(StreamInput in) {
        // Decide on the first byte that can be none of these: no peer ever waits for bytes that are held back here.
        int available = in.available();
        if (startsLike(in, MAGIC)) {
            if (!in.has(8)) {
                return Progress.NEEDS_MORE;
            }
            if (in.u32(4) != Wire.VERSION) {
                return in.unknown("migration stream of version " + in.u32(4));
            }
            in.consume(8);
            return Progress.DONE;
        }
        if (startsLike(in, MULTIFD)) {
            multifd = available >= MULTIFD.length;
            return multifd ? Progress.DONE : Progress.NEEDS_MORE;
        }
        if (startsLike(in, TLS_HANDSHAKE)) {
            return available < TLS_HANDSHAKE.length ? Progress.NEEDS_MORE : in.unknown("TLS inside the stream");
        }
        if (startsLike(in, RECOVERY)) {
            return available < RECOVERY.length ? Progress.NEEDS_MORE : in.unknown("postcopy recovery");
        }
        return in.unknown("not a migration stream");
    }

    /** Whether the input, as far as it is there, agrees with the beginning. */
    private static boolean startsLike(StreamInput in, byte[] beginning) {
        int length = Math.min(in.available(), beginning.length);
        for (int i = 0; i < length; i++) {
            if (in.u8(i) != (beginning[i] & 0xff)) {
                return false;
            }
        }
        return true;
    }
}
