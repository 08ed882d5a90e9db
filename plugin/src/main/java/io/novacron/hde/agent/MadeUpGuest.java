package io.novacron.hde.agent;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * A guest for {@link WarmUp}, and both of its QEMUs: two VMs that take turns, with several RAM blocks and two rounds. Of
 * each VM most memory is as it was the time before, some has changed a little, some is new, some has moved; now and then
 * all of it is new.
 */
final class MadeUpGuest {
    private static final List<RamBlock> BLOCKS = List.of(
            new RamBlock("warm.ram", 6_400L * Page.SIZE),
            new RamBlock("warm.vram", 512L * Page.SIZE),
            new RamBlock("warm.rom", 64L * Page.SIZE));

    private static final int VMS = 2;

    /** Pages of one kind in a row. */
    private static final int REGION = 64;

    /** Every so many pages one is written again in the second round. */
    private static final int WRITTEN_AGAIN = 9;

    /** Every so many turns nothing can be compressed, so that enough goes through TLS, a record of 16 KiB at a time. */
    private static final int INCOMPRESSIBLE = 3;

    private static final int SEED_OF_ALL = 1;
    private static final byte[] SHUT_SUCCESS = {0, 1, 0, 4, 0, 0, 0, 0};

    private final int turn;
    private final int vm;

    /** @param turn 0 for the first guest of all, 1 for the next */
    MadeUpGuest(int turn) {
        this.turn = turn;
        this.vm = turn % VMS;
    }

    int turn() {
        return turn;
    }

    String uuid() {
        return "00000000-0000-0000-0000-00000000000" + vm;
    }

    /** What the source's QEMU would do. */
    void write(Path socket, CompletableFuture<Long> length) throws IOException {
        try (SocketChannel agent = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            Output out = new Output(agent);
            GuestStreamWriter stream = new GuestStreamWriter();
            stream.start(out.bytes, "warm-up", BLOCKS);
            round(stream, out, 0);
            round(stream, out, 1);
            stream.beginLastSection(out.bytes);
            stream.endSection(out.bytes);
            stream.end(out.bytes, "{}");
            length.complete(out.drained + out.bytes.position());
            out.drain();
            ByteBuffer answer = ByteBuffer.allocate(SHUT_SUCCESS.length);
            while (answer.hasRemaining() && agent.read(answer) >= 0) {
                // QEMU closes when it has its answer
            }
        }
    }

    private void round(GuestStreamWriter stream, Output out, int round) throws IOException {
        for (int block = 0; block < BLOCKS.size(); block++) {
            long pages = BLOCKS.get(block).usedLength() / Page.SIZE;
            stream.beginSection(out.bytes);
            for (int page = 0; page < pages; page++) {
                if (round > 0 && page % WRITTEN_AGAIN != 0) {
                    continue;
                }
                out.makeRoom();
                if (page / REGION % 8 == 5 && round == 0) {
                    stream.zeroPage(out.bytes, block, (long) page * Page.SIZE);
                } else {
                    int position = stream.beginPage(out.bytes, block, (long) page * Page.SIZE);
                    fill(out.bytes, position, block << 20 | page, round);
                }
            }
            stream.endSection(out.bytes);
        }
    }

    /** What is in a page, by the kind of its region. */
    private void fill(ByteBuffer out, int position, int page, int round) {
        if (turn % INCOMPRESSIBLE == INCOMPRESSIBLE - 1) {
            random(out, position, page, turn + round, true);
            return;
        }
        switch (page / REGION % 8) {
            case 0, 1, 2 -> words(out, position, page, round == 0 ? 0 : turn);
            case 3 -> words(out, position, (vm + 1) << 24 | page, 0);
            case 4 -> words(out, position, page, turn + round);
            case 6 -> random(out, position, page, turn + round, page % 4 == 0);
            // What one of the next three regions holds: it has moved.
            default -> words(out, position, page + REGION * (1 + turn % 3), 0);
        }
    }

    /** Words that compress about as memory does; a change is one word in eight at most. */
    private static void words(ByteBuffer out, int position, int seed, int change) {
        Random random = new Random(seed + (long) SEED_OF_ALL);
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            out.putLong(position + i, (random.nextInt() & 0xfff) * 0x0001_0000_0101L);
        }
        for (int i = 0; change > 0 && i <= seed % 64; i++) {
            out.putLong(position + 8 * Long.BYTES * i, change);
        }
    }

    private static void random(ByteBuffer out, int position, int page, int version, boolean incompressible) {
        Random random = new Random((long) version << 32 | page);
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            out.putLong(position + i, incompressible ? random.nextLong() : (random.nextInt() & 0xfff) * 0x1001L);
        }
    }

    /** What the destination's QEMU would do. */
    void read(ServerSocketChannel destination, CompletableFuture<Long> length) throws IOException {
        try (SocketChannel agent = destination.accept()) {
            ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);
            long read = 0;
            while (!length.isDone() || read < length.join()) {
                int n = agent.read(in.clear());
                if (n < 0) {
                    return;
                }
                read += n;
            }
            ByteBuffer answer = ByteBuffer.wrap(SHUT_SUCCESS);
            while (answer.hasRemaining()) {
                agent.write(answer);
            }
        }
    }

    private static final class Output {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(1 << 18);
        private final SocketChannel agent;
        private long drained;

        Output(SocketChannel agent) {
            this.agent = agent;
        }

        void makeRoom() throws IOException {
            if (bytes.remaining() < GuestStreamWriter.MAX_WRITE) {
                drain();
            }
        }

        void drain() throws IOException {
            drained += bytes.position();
            bytes.flip();
            while (bytes.hasRemaining()) {
                agent.write(bytes);
            }
            bytes.clear();
        }
    }
}
