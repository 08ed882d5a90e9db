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
            return available < TLS_HANDSHAKE.length
                    ? Progress.NEEDS_MORE
                    : in.unknown("TLS inside the stream (without --tls the tunnel encrypts it)");
        }
        if (startsLike(in, RECOVERY)) {
            return available < RECOVERY.length
                    ? Progress.NEEDS_MORE
                    : in.unknown(MigrationStreamReader.POSTCOPY + " recovery");
        }
        if (in.u8(0) == 0) {
            return preempt(in);
        }
        return in.unknown("not a migration stream");
    }

    /** The channel for pages that vCPUs wait for has no header: records, of which the first names its block, or EOS. */
    private static Progress preempt(StreamInput in) {
        if (!in.has(8)) {
            return Progress.NEEDS_MORE;
        }
        int flags = (int) in.u64(0) & Wire.FLAGS_MASK;
        return flags == Wire.RAM_PAGE || flags == Wire.RAM_ZERO || flags == Wire.RAM_EOS
                ? in.unknown(MigrationStreamReader.POSTCOPY + " channel for requested pages")
                : in.unknown("not a migration stream");
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
