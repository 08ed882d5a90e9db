package io.novacron.hde.seed;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A guest whose memory a test writes. */
public final class MadeUpPages implements GuestPages {
    private final List<Block> blocks = new ArrayList<>();
    private final List<byte[]> contents = new ArrayList<>();
    private final List<BitSet> touched = new ArrayList<>();
    private BitSet followed;
    private boolean follows;
    private long readsLeft = Long.MAX_VALUE;
    public long bytesRead;

    public MadeUpPages with(String name, int pages) {
        blocks.add(new Block(name, (long) pages * Page.SIZE));
        contents.add(new byte[pages * Page.SIZE]);
        touched.add(new BitSet());
        return this;
    }

    /** Writes a page; zeros where the seed is 0. */
    public void write(int block, int page, long seed) {
        ByteBuffer in = ByteBuffer.wrap(contents.get(block));
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            in.putLong(page * Page.SIZE + i, seed == 0 ? 0 : seed * (i % 64 + 1));
        }
        touched.get(block).set(page);
        synchronized (this) {
            if (followed != null) {
                followed.set(page);
            }
        }
    }

    /** The host's kernel tells what is written, in the first block. */
    public MadeUpPages following() {
        follows = true;
        return this;
    }

    @Override
    public synchronized boolean followWrites() {
        followed = follows ? new BitSet() : null;
        return follows;
    }

    @Override
    public synchronized void written(int block, long firstPage, int pages, BitSet into) {
        for (int i = 0; i < pages; i++) {
            into.set(i, followed.get((int) firstPage + i));
        }
    }

    public byte[] content(int block) {
        return contents.get(block);
    }

    /** The QEMU exits after so many reads. */
    public void exitAfter(long reads) {
        readsLeft = reads;
    }

    @Override
    public List<Block> blocks() {
        return List.copyOf(blocks);
    }

    @Override
    public void read(int block, long offset, int length, ByteBuffer into) throws GuestException {
        if (readsLeft-- == 0) {
            throw new GuestException("vm: the QEMU has exited", null);
        }
        bytesRead += length;
        into.put(contents.get(block), (int) offset, length);
    }

    @Override
    public void touched(int block, long firstPage, int pages, BitSet into) {
        for (int i = 0; i < pages; i++) {
            into.set(i, touched.get(block).get((int) firstPage + i));
        }
    }

    @Override
    public void close() {
        // nothing is open
    }
}
