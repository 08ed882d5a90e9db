package io.novacron.hde.qemu.nbd;

import java.nio.ByteBuffer;

/**
 * Looks on while an NBD server's half of a conversation passes, in pieces of any size, for the size of the export that the
 * client gets. It changes nothing and passes nothing on. It stops looking when the client has its export, or at the first
 * thing that it does not know. One thread reads; another may ask for the size.
 *
 * <pre>
 * greeting          u64 NBDMAGIC, u64 IHAVEOPT, u16 flags
 * reply to option   u64 magic, u32 option, u32 type, u32 length, data
 * to EXPORT_NAME    u64 size, u16 flags and perhaps zeros
 * </pre>
 */
public final class NbdServerReader {
    private static final int GREETING = 18;
    private static final int REPLY = 20;
    /** u16 kind, u64 size, u16 flags. */
    private static final int EXPORT_INFO = 12;

    private enum State {
        GREETING,
        REPLY,
        INFO,
        STOPPED
    }

    private final byte[] held = new byte[REPLY];
    private int heldLength;
    private long skip;
    private long left;
    private State state = State.GREETING;
    private volatile long exportBytes;

    /** Looks at everything from the buffer's position to its limit and moves the position there. */
    public void read(ByteBuffer in) {
        while (in.hasRemaining()) {
            if (skip > 0) {
                int now = (int) Math.min(skip, in.remaining());
                in.position(in.position() + now);
                skip -= now;
                continue;
            }
            switch (state) {
                case GREETING -> greeting(in);
                case REPLY -> reply(in);
                case INFO -> info(in);
                case STOPPED -> in.position(in.limit());
            }
        }
    }

    /** Bytes of the export that the client asked for last; 0 while the server has not said it. Any thread. */
    public long exportBytes() {
        return exportBytes;
    }

    private void greeting(ByteBuffer in) {
        if (hold(in, GREETING)) {
            state = number(0, 8) == Nbd.GREETING && number(8, 8) == Nbd.OPTION ? State.REPLY : State.STOPPED;
        }
    }

    private void reply(ByteBuffer in) {
        if (!hold(in, 8, false)) {
            return;
        }
        if (number(0, 8) != Nbd.OPTION_REPLY) {
            // EXPORT_NAME is answered without a header, and by closing if there is no such export
            export(number(0, 8));
            state = State.STOPPED;
            return;
        }
        if (!hold(in, REPLY)) {
            return;
        }
        long option = number(8, 4);
        long type = number(12, 4);
        left = number(16, 4);
        boolean ofExport = option == Nbd.OPTION_GO || option == Nbd.OPTION_INFO;
        if (option == Nbd.OPTION_GO && type == Nbd.REPLY_ACK) {
            state = State.STOPPED;
        } else if (ofExport && type == Nbd.REPLY_INFO && left >= EXPORT_INFO) {
            state = State.INFO;
        } else {
            skip = left;
        }
    }

    private void info(ByteBuffer in) {
        if (hold(in, EXPORT_INFO)) {
            if (number(0, 2) == Nbd.INFO_EXPORT) {
                export(number(2, 8));
            }
            skip = left - EXPORT_INFO;
            state = State.REPLY;
        }
    }

    private void export(long bytes) {
        exportBytes = bytes > 0 && bytes <= Nbd.MAX_DISK ? bytes : 0;
    }

    private boolean hold(ByteBuffer in, int length) {
        return hold(in, length, true);
    }

    /** Gathers so many bytes; whether they are there. */
    private boolean hold(ByteBuffer in, int length, boolean last) {
        int now = Math.max(0, Math.min(length - heldLength, in.remaining()));
        in.get(held, heldLength, now);
        heldLength += now;
        boolean whole = heldLength >= length;
        if (whole && last) {
            heldLength = 0;
        }
        return whole;
    }

    private long number(int at, int bytes) {
        long number = 0;
        for (int i = 0; i < bytes; i++) {
            number = (number << 8) | (held[at + i] & 0xff);
        }
        return number;
    }
}
