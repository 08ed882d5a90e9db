package io.novacron.hde.qemu.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.qemu.stream.MigrationStreamReader;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.StreamHandler;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a client's half is read as, and written again from. */
final class NbdRead implements StreamHandler {
    /** The disk of all tests: no multiple of a page. */
    static final long DISK = 1_000_000;

    /** A page as it was reported; no content if it is zero. */
    record Page(long offset, ByteBuffer content) {
        boolean isZero() {
            return !content.hasRemaining();
        }
    }

    private final NbdClientWriter writer = new NbdClientWriter();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final List<Page> pages = new ArrayList<>();
    final List<String> annotations = new ArrayList<>();
    /** After how many bytes each request ended. */
    final List<Integer> ends = new ArrayList<>();

    /** Read in one piece, to the end. */
    static NbdRead whole(byte[] client) {
        NbdRead read = new NbdRead();
        new NbdClientReader(() -> DISK).finish(ByteBuffer.wrap(client), read);
        assertThat(read.bytes()).isEqualTo(client);
        return read;
    }

    /** In pieces of up to {@code most} bytes, as from a socket. */
    static NbdRead pieces(byte[] client, long disk, int most, Random random) {
        NbdClientReader reader = new NbdClientReader(() -> disk);
        NbdRead read = new NbdRead();
        ByteBuffer in = ByteBuffer.allocateDirect(NbdClientReader.MAX_PENDING + most)
                .order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (at < client.length) {
            int piece = Math.min(1 + random.nextInt(most), client.length - at);
            in.put(client, at, piece);
            at += piece;
            reader.read(in.flip(), read);
            assertThat(in.remaining()).isLessThanOrEqualTo(NbdClientReader.MAX_PENDING);
            assertThat(read.out.size() + in.remaining()).isEqualTo(at);
            in.compact();
        }
        reader.finish(in.flip(), read);
        assertThat(read.bytes()).isEqualTo(client);
        return read;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    @Override
    public void verbatim(ByteBuffer bytes, int position, int length) {
        assertThat(length).isPositive();
        ByteBuffer written = ByteBuffer.allocate(length);
        writer.verbatim(written, bytes, position, length);
        out.writeBytes(written.array());
    }

    @Override
    public void blocks(List<RamBlock> blocks) {
        annotations.add("blocks " + blocks.get(0).name() + " " + blocks.get(0).usedLength());
        assertThat(blocks).hasSize(1);
        writer.blocks(blocks);
    }

    @Override
    public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
        byte[] content = new byte[MigrationStreamReader.PAGE_SIZE];
        bytes.get(contentPosition, content);
        ByteBuffer written = ByteBuffer.allocate(MigrationStreamReader.PAGE_SIZE);
        written.put(writer.beginPage(written, block, offset, named), content);
        out.writeBytes(written.array());
        pages.add(new Page(offset, ByteBuffer.wrap(content)));
        assertThat(block).isZero();
        assertThat(named).isFalse();
    }

    @Override
    public void zeroPage(int block, long offset, boolean named) {
        ByteBuffer written = ByteBuffer.allocate(MigrationStreamReader.PAGE_SIZE);
        writer.zeroPage(written, block, offset, named);
        assertThat(written.hasRemaining()).isFalse();
        out.writeBytes(written.array());
        pages.add(new Page(offset, ByteBuffer.allocate(0)));
    }

    @Override
    public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {
        throw new AssertionError("a disk has no opaque pages");
    }

    @Override
    public void lastRamSection() {
        throw new AssertionError("a disk's writer does not stop");
    }

    @Override
    public void ramSectionEnd(boolean last) {
        ends.add(out.size());
        if (last) {
            annotations.add("disconnected");
        }
    }

    @Override
    public void passThrough(String reason, boolean expected) {
        annotations.add(reason);
        assertThat(expected).isFalse();
    }
}
