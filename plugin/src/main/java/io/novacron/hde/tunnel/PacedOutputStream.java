package io.novacron.hde.tunnel;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Hands bytes on in pieces, each when all paces let it. */
final class PacedOutputStream extends OutputStream {
    /** Small, because many connections may wait for their turn, and each has to show signs of life. */
    static final int PIECE = 8 << 10;

    private final OutputStream out;
    private final List<Pace> paces;

    PacedOutputStream(OutputStream out, List<Pace> paces) {
        this.out = out;
        this.paces = paces;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int piece = Math.min(PIECE, length - done);
            awaitTurn(piece);
            out.write(bytes, offset + done, piece);
            done += piece;
        }
    }

    private void awaitTurn(int bytes) throws IOException {
        long now = System.nanoTime();
        long nanos = 0;
        for (Pace pace : paces) {
            nanos = Math.max(nanos, pace.reserve(now, bytes));
        }
        if (nanos == 0) {
            return;
        }
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for this connection's turn");
        }
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
