package io.novacron.hde.codec;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What it costs to send pages again that the guest has written since they were sent. They go through an encoder and a
 * packer of their own; nothing is changed or stored.
 */
public final class Rewrites {
    private static final String BLOCK = "sample";

    /** For the first contents: what the encoder has at hand when the second come. */
    private static final int REMEMBERING = 1;

    private Rewrites() {}

    /**
     * Bytes of the batches that bring the second contents.
     *
     * @param before the pages' first contents, one behind the other from 0 on; not more than the encoder remembers, 2048
     * @param after their second contents, likewise
     * @param pages how many
     */
    public static long bytes(
            ByteBuffer before, ByteBuffer after, int pages, PageStore store, PackOptions options, Effort effort) {
        ChannelMemory memory = new ChannelMemory(List.of(), true, MemoryTable.DEFAULT_MAX_CHUNKS);
        try (SourceEncoder encoder =
                        new SourceEncoder("rewrites", memory, store, Estimate.bases(options), HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(options, store)) {
            Run run = new Run(encoder, packer, effort);
            encoder.search(REMEMBERING);
            run.start(pages);
            run.section(before, pages);
            run.bytes = 0;
            encoder.search(effort.references());
            run.section(after, pages);
            return run.bytes;
        }
    }

    private static final class Run {
        private final SourceEncoder encoder;
        private final BatchPacker packer;
        private final Effort effort;
        private final Segment segment = new Segment();
        private final ByteBuffer stream = ByteBuffer.allocateDirect(SourceEncoder.READ_BYTES);
        private final GuestStreamWriter writer = new GuestStreamWriter();
        private long bytes;

        Run(SourceEncoder encoder, BatchPacker packer, Effort effort) {
            this.encoder = encoder;
            this.packer = packer;
            this.effort = effort;
        }

        void start(int pages) {
            encoder.begin(segment);
            writer.start(stream, "estimate", List.of(new RamBlock(BLOCK, (long) pages * Page.SIZE)));
        }

        void section(ByteBuffer contents, int pages) {
            writer.beginSection(stream);
            for (int page = 0; page < pages; page++) {
                if (stream.remaining() < GuestStreamWriter.MAX_WRITE) {
                    parse();
                }
                int to = writer.beginPage(stream, 0, (long) page * Page.SIZE);
                stream.put(to, contents, page * Page.SIZE, Page.SIZE);
            }
            writer.endSection(stream);
            parse();
            batch();
        }

        private void parse() {
            encoder.space().put(stream.flip());
            stream.clear();
            encoder.parse();
            if (encoder.full()) {
                batch();
            }
        }

        private void batch() {
            Segment ended = encoder.end();
            packer.pack(ended, effort);
            bytes += Estimate.MESSAGE_HEADER + ended.body().remaining();
            encoder.begin(segment);
        }
    }
}
