package io.novacron.hde.qemu.nbd;

import com.github.luben.zstd.Zstd;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.qemu.stream.MigrationStreamReader;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.StreamHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the reader of an NBD client hands on, written again, is the input, in whatever pieces it comes; the size of the disk
 * is found alike in one piece and byte by byte. Input: u16 most bytes of a piece, less 1; u16 bytes of the server's half,
 * and it; the client's half.
 */
public final class NbdFuzz {
    private static final int MOST_RECORDING = 4 << 20;
    private static final int SEED = 16 << 10;

    private NbdFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        int piece = 1 + input.u16();
        byte[] server = input.take(input.u16());
        byte[] client = input.rest();
        long pieces = client.length / (long) piece + 1;
        Bounded.run(64L * bytes.length + 4096 * pieces, () -> read(client, piece, size(server)));
    }

    private static long size(byte[] server) {
        NbdServerReader whole = new NbdServerReader();
        whole.read(ByteBuffer.wrap(server));
        NbdServerReader bytewise = new NbdServerReader();
        for (int at = 0; at < server.length; at++) {
            bytewise.read(ByteBuffer.wrap(server, at, 1));
        }
        check(whole.exportBytes() == bytewise.exportBytes(), "the size depends on the pieces");
        return whole.exportBytes();
    }

    private static void read(byte[] client, int piece, long size) {
        Rewriter rewriter = new Rewriter(client.length);
        NbdClientReader reader = new NbdClientReader(() -> size);
        ByteBuffer in = ByteBuffer.allocate(NbdClientReader.MAX_PENDING + piece);
        for (int at = 0; at < client.length; at += piece) {
            in.put(client, at, Math.min(piece, client.length - at)).flip();
            reader.read(in, rewriter);
            check(in.remaining() <= NbdClientReader.MAX_PENDING, "too much is left");
            in.compact();
        }
        reader.finish(in.flip(), rewriter);
        check(Arrays.equals(rewriter.written(), client), "what was written is not what was read");
    }

    private static void check(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(otherwise);
        }
    }

    /** The beginnings of the recorded conversations. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> servers = new LinkedHashMap<>();
        Documents.conversations(".server.zst").forEach((name, packed) -> servers.put(name, unpack(packed)));
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        Documents.conversations(".client.zst")
                .forEach((name, packed) -> seeds.put(
                        name,
                        Input.of(
                                Input.u8(0x1f, 0xff),
                                Input.sized(servers.get(name.replace(".client", ".server"))),
                                Input.first(unpack(packed), SEED))));
        return seeds;
    }

    private static byte[] unpack(byte[] packed) {
        return Zstd.decompress(packed, MOST_RECORDING);
    }

    /** Writes what it is told, and checks what {@link StreamHandler} promises. */
    private static final class Rewriter implements StreamHandler {
        private final NbdClientWriter writer = new NbdClientWriter();
        private final ByteBuffer out;
        private long diskBytes;
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
            check(list.size() == 1 && diskBytes == 0, "more than one disk");
            diskBytes = list.get(0).usedLength();
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
            throw new AssertionError("a disk has no opaque pages");
        }

        @Override
        public void lastRamSection() {
            throw new AssertionError("a disk's writer does not stop");
        }

        @Override
        public void ramSectionEnd(boolean last) {
            check(!ended && !passing, "a request behind the end");
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
                            && !ended
                            && block == 0
                            && offset % MigrationStreamReader.PAGE_SIZE == 0
                            && offset >= 0
                            && offset <= diskBytes - MigrationStreamReader.PAGE_SIZE,
                    "a page that there is not");
        }
    }
}
