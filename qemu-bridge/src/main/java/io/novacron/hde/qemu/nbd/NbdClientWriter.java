package io.novacron.hde.qemu.nbd;

import io.novacron.hde.qemu.stream.MigrationStreamReader;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.RecordWriter;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.List;

/** Writes what {@link NbdClientReader} has reported: a page is its content, and nothing else. */
public final class NbdClientWriter implements RecordWriter {
    private static final byte[] ZEROS = new byte[MigrationStreamReader.PAGE_SIZE];

    @Override
    public void blocks(List<RamBlock> list) {
        // what a page is written to stands in its request, which is verbatim
    }

    @Override
    public void verbatim(ByteBuffer out, ByteBuffer bytes, int position, int length) {
        int at = reserve(out, length);
        out.put(at, bytes, position, length);
    }

    @Override
    public int beginPage(ByteBuffer out, int block, long offset, boolean named) {
        return reserve(out, MigrationStreamReader.PAGE_SIZE);
    }

    @Override
    public int beginBarePage(ByteBuffer out) {
        return reserve(out, MigrationStreamReader.PAGE_SIZE);
    }

    @Override
    public void zeroPage(ByteBuffer out, int block, long offset, boolean named) {
        out.put(ZEROS);
    }

    private static int reserve(ByteBuffer out, int length) {
        if (out.remaining() < length) {
            throw new BufferOverflowException();
        }
        int at = out.position();
        out.position(at + length);
        return at;
    }
}
