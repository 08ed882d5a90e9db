package io.novacron.hde.qemu.stream;

import com.github.luben.zstd.Zstd;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the stream reader hands on, written again by the writer, is the input, in whatever pieces it comes. Input: u16 most
 * bytes of a piece, less 1; the stream.
 */
public final class StreamFuzz {
    private static final int MOST_RECORDING = 32 << 20;

    private StreamFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        int piece = 1 + input.u16();
        byte[] stream = input.rest();
        // Names, blocks and reasons; what is consumed of them is not read again, but a partial record is, in every
        // piece.
        long pieces = stream.length / (long) piece + 1;
        Bounded.run(64L * stream.length + 4096 * pieces, () -> read(stream, piece));
    }

    private static void read(byte[] stream, int piece) {
        Rewriter rewriter = new Rewriter(stream.length);
        MigrationStreamReader reader = new MigrationStreamReader();
        ByteBuffer in = ByteBuffer.allocate(MigrationStreamReader.MAX_PENDING + piece);
        for (int at = 0; at < stream.length; at += piece) {
            in.put(stream, at, Math.min(piece, stream.length - at)).flip();
            reader.read(in, rewriter);
            check(in.remaining() <= MigrationStreamReader.MAX_PENDING, "more than a record is left");
            in.compact();
        }
        reader.finish(in.flip(), rewriter);
        check(Arrays.equals(rewriter.written(), stream), "what was written is not what was read");
        check(reader.passingThrough() == rewriter.passing, "it does not say whether it passes through");
    }

    private static void check(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(otherwise);
        }
    }

    /** The recorded streams with few pages and little device state, and their return paths. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> recording : Documents.recordings(".zst").entrySet()) {
            byte[] stream = Zstd.decompress(recording.getValue(), MOST_RECORDING);
            Shortened shortened = new Shortened();
            new MigrationStreamReader().finish(ByteBuffer.wrap(stream), shortened);
            seeds.put(recording.getKey(), Input.of(Input.u8(0x1f, 0xff), shortened.out.toByteArray()));
        }
        return seeds;
    }

    /** Writes what it is told, and checks what {@link StreamHandler} promises. */
    private static final class Rewriter implements StreamHandler {
        private final MigrationStreamWriter writer = new MigrationStreamWriter();
        private final ByteBuffer out;
        private List<RamBlock> blocks = List.of();
        private boolean listed;
        private boolean ended;
        private boolean passing;

        Rewriter(int length) {
            out = ByteBuffer.allocate(length);
        }

        byte[] written() {
            return Arrays.copyOf(out.array(), out.position());
        }

        @Override
        public void verbatim(ByteBuffer bytes, int position, int length) {
            writer.verbatim(out, bytes, position, length);
        }

        @Override
        public void blocks(List<RamBlock> list) {
            check(!listed && list.size() <= 4096, "blocks were listed again, or too many");
            long total = 0;
            for (RamBlock block : list) {
                check(block.usedLength() >= 0 && block.usedLength() <= 1L << 48, "a block that cannot be");
                total += block.usedLength();
            }
            check(total <= 1L << 48, "more memory than there can be");
            listed = true;
            blocks = list;
            writer.blocks(list);
        }

        @Override
        public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
            place(block, offset);
            int at = writer.beginPage(out, block, offset, named);
            out.put(at, bytes, contentPosition, MigrationStreamReader.PAGE_SIZE);
        }

        @Override
        public void zeroPage(int block, long offset, boolean named) {
            place(block, offset);
            writer.zeroPage(out, block, offset, named);
        }

        @Override
        public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {
            place(block, offset);
            writer.verbatim(out, bytes, position, length);
        }

        @Override
        public void lastRamSection() {
            check(!ended, "RAM's last section begins after its end");
        }

        @Override
        public void ramSectionEnd(boolean last) {
            check(!ended, "RAM ended twice");
            ended = last;
        }

        @Override
        public void passThrough(String reason, boolean expected) {
            check(!passing && !reason.isEmpty() && reason.chars().allMatch(c -> c >= ' ' && c <= '~'), reason);
            passing = true;
        }

        private void place(int block, long offset) {
            check(
                    !passing
                            && offset % MigrationStreamReader.PAGE_SIZE == 0
                            && offset >= 0
                            && offset <= blocks.get(block).usedLength() - MigrationStreamReader.PAGE_SIZE,
                    "a page that there is not");
        }
    }

    /** Leaves most records of a recording out. */
    private static final class Shortened implements StreamHandler {
        private static final int PAGES = 2;
        private static final int OTHERS = 6;
        private static final int STATE = 200;

        private final MigrationStreamWriter writer = new MigrationStreamWriter();
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private int pages;
        private int others;
        private boolean passing;

        @Override
        public void verbatim(ByteBuffer bytes, int position, int length) {
            byte[] copy = new byte[passing ? Math.min(STATE, length) : length];
            bytes.get(position, copy);
            out.writeBytes(copy);
        }

        @Override
        public void blocks(List<RamBlock> list) {
            writer.blocks(list);
        }

        @Override
        public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
            if (pages++ < PAGES) {
                ByteBuffer record = ByteBuffer.allocate(MigrationStreamWriter.MAX_PAGE_RECORD);
                int at = writer.beginPage(record, block, offset, named);
                record.put(at, bytes, contentPosition, MigrationStreamReader.PAGE_SIZE);
                out.write(record.array(), 0, record.position());
            }
        }

        @Override
        public void zeroPage(int block, long offset, boolean named) {
            if (others++ < OTHERS) {
                ByteBuffer record = ByteBuffer.allocate(MigrationStreamWriter.MAX_PAGE_RECORD);
                writer.zeroPage(record, block, offset, named);
                out.write(record.array(), 0, record.position());
            }
        }

        @Override
        public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {
            if (others++ < OTHERS) {
                byte[] copy = new byte[length];
                bytes.get(position, copy);
                out.writeBytes(copy);
            }
        }

        @Override
        public void lastRamSection() {
            // shortened by sections, whichever they are
        }

        @Override
        public void ramSectionEnd(boolean last) {
            others = 0;
        }

        @Override
        public void passThrough(String reason, boolean expected) {
            passing = true;
        }
    }
}
