package io.novacron.hde.qemu.stream;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/**
 * Observes the return path, destination to source, in pieces of any size (QEMU: {@code migration/migration.c},
 * source_return_path_thread). It changes nothing and passes nothing on; at the first frame it does not know it stops
 * observing, and keeps what it had seen.
 */
public final class ReturnPathReader {
    private static final int HEADER = 4;
    private static final long BITMAP_END = 0x0123456789abcdefL;

    private enum State {
        FRAME,
        BITMAP_SIZE,
        BITMAP,
        BITMAP_END,
        STOPPED
    }

    private final byte[] held = new byte[HEADER + ReturnPathFrame.MAX_PAYLOAD];
    private final Map<ReturnPathFrame, Long> counts = new EnumMap<>(ReturnPathFrame.class);
    private State state = State.FRAME;
    private int heldLength;
    private long skip;
    private boolean succeeded;

    /** Observes everything from the buffer's position to its limit and moves the position there. */
    public void read(ByteBuffer in) {
        while (in.hasRemaining()) {
            switch (state) {
                case FRAME -> frame(in);
                case BITMAP_SIZE -> bitmapSize(in);
                case BITMAP -> bitmap(in);
                case BITMAP_END -> bitmapEnd(in);
                case STOPPED -> in.position(in.limit());
            }
        }
    }

    /** Whether a SHUT frame was seen: the destination is done. */
    public boolean shutDown() {
        return seen(ReturnPathFrame.SHUT) > 0;
    }

    /** Whether the SHUT frame said that the migration succeeded. */
    public boolean succeeded() {
        return succeeded;
    }

    /** How many frames of this kind were seen whole. */
    public long seen(ReturnPathFrame frame) {
        return counts.getOrDefault(frame, 0L);
    }

    /** Whether everything so far was known; false means that frames may be missed. */
    public boolean observing() {
        return state != State.STOPPED;
    }

    private void frame(ByteBuffer in) {
        if (!hold(in, HEADER)) {
            return;
        }
        int number = u16(0);
        int length = u16(2);
        ReturnPathFrame frame = ReturnPathFrame.of(number, length);
        if (frame == null) {
            state = State.STOPPED;
            return;
        }
        if (!hold(in, HEADER + length)) {
            return;
        }
        heldLength = 0;
        counts.merge(frame, 1L, Long::sum);
        if (frame == ReturnPathFrame.SHUT) {
            succeeded = u16(HEADER) == 0 && u16(HEADER + 2) == 0;
        } else if (frame == ReturnPathFrame.RECV_BITMAP) {
            state = State.BITMAP_SIZE;
        }
    }

    private void bitmapSize(ByteBuffer in) {
        if (hold(in, 8)) {
            heldLength = 0;
            skip = u64();
            state = skip < 0 ? State.STOPPED : State.BITMAP;
        }
    }

    private void bitmap(ByteBuffer in) {
        int now = (int) Math.min(skip, in.remaining());
        in.position(in.position() + now);
        skip -= now;
        if (skip == 0) {
            state = State.BITMAP_END;
        }
    }

    private void bitmapEnd(ByteBuffer in) {
        if (hold(in, 8)) {
            heldLength = 0;
            state = u64() == BITMAP_END ? State.FRAME : State.STOPPED;
        }
    }

    /** Gathers bytes until {@code length} are held. */
    private boolean hold(ByteBuffer in, int length) {
        int now = Math.min(length - heldLength, in.remaining());
        if (now > 0) {
            in.get(held, heldLength, now);
            heldLength += now;
        }
        return heldLength >= length;
    }

    private int u16(int at) {
        return (held[at] & 0xff) << 8 | (held[at + 1] & 0xff);
    }

    private long u64() {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | (held[i] & 0xff);
        }
        return value;
    }
}
