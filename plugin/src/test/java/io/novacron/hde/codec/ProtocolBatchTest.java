package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.wire.ProtocolExamples;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The batches and the script in {@code docs/protocol.md}, decoded and encoded. */
class ProtocolBatchTest {
    /** Of a Batch and a Resend: length, type, number. */
    private static final int HEADER = 13;

    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private PageStore store;

    @BeforeEach
    void open() throws Exception {
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 28));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static byte[] example(String name) throws Exception {
        return ProtocolExamples.read().get(name);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private Segment encode(byte[] stream) {
        try (SourceEncoder encoder = new SourceEncoder(
                "test", new ChannelMemory(List.of(), true, 64), store, DeltaBases.ANY, HashingHelp.NONE)) {
            encoder.begin(new Segment());
            encoder.space().put(stream);
            encoder.parse();
            encoder.finish();
            return encoder.end();
        }
    }

    @Test
    void theBatchOfFiveBytes() throws Exception {
        byte[] batch = example("batch");
        ByteBuffer body = ByteBuffer.wrap(batch, HEADER, batch.length - HEADER);
        try (BatchRebuilder rebuilder = new BatchRebuilder(new ChannelMemory(List.of(), false, 64), store, 4)) {
            assertThat(bytes(rebuilder.rebuild(body.slice()))).isEqualTo(HELLO);
        }
        Segment segment = encode(HELLO);
        try (BatchPacker packer = new BatchPacker(new PackOptions(1.1, List.of(), 4), store)) {
            packer.pack(segment, Effort.ofLevel(1));
            assertThat(bytes(segment.body())).isEqualTo(bytes(body));
        }
    }

    @Test
    void theResendOfFiveBytes() throws Exception {
        byte[] resend = example("resend");
        ByteBuffer body = ByteBuffer.wrap(resend, HEADER, resend.length - HEADER);
        try (BatchRebuilder rebuilder = new BatchRebuilder(new ChannelMemory(List.of(), false, 64), store, 4)) {
            assertThat(bytes(rebuilder.rebuildRaw(body.slice()))).isEqualTo(HELLO);
        }
        Segment segment = encode(HELLO);
        try (BatchPacker packer = new BatchPacker(new PackOptions(1.1, List.of(), 4), store)) {
            packer.pack(segment, Effort.ofLevel(1));
            assertThat(bytes(packer.packRaw(segment, 1))).isEqualTo(bytes(body));
        }
    }

    private static byte[] streamOfTwoPages() {
        MigrationStreamWriter writer = new MigrationStreamWriter();
        ByteBuffer out = ByteBuffer.allocate(1 << 16);
        writer.header(out, "pc");
        writer.ramStart(out, 2, List.of(new RamBlock("pc.ram", 2 * Page.SIZE)));
        writer.beginRamEnd(out, 2);
        int content = writer.beginPage(out, 0, 0, true);
        Arrays.fill(out.array(), content, content + Page.SIZE, (byte) 'A');
        writer.zeroPage(out, 0, Page.SIZE, false);
        writer.endRamSection(out, 2);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void theBodyWithAPage() throws Exception {
        byte[] body = example("page-body");
        ChannelMemory memory = new ChannelMemory(List.of(), false, 64);
        try (BatchRebuilder rebuilder = new BatchRebuilder(memory, store, 4)) {
            assertThat(bytes(rebuilder.rebuild(ByteBuffer.wrap(body)))).isEqualTo(streamOfTwoPages());
            assertThat(rebuilder.pages(Tier.NEW)).isEqualTo(1);
            assertThat(rebuilder.pages(Tier.ZERO)).isEqualTo(1);
        }
        assertThat(memory.table().presentPages()).isEqualTo(2);
        assertThat(memory.table().high(0, 1)).isEqualTo(PageId.ZERO_PAGE.high());
        Segment segment = encode(streamOfTwoPages());
        try (BatchPacker packer = new BatchPacker(new PackOptions(1.1, List.of(), 4), store)) {
            packer.pack(segment, Effort.ofLevel(1));
            assertThat(bytes(segment.body())).isEqualTo(body);
        }
    }

    @Test
    void theScriptWithEveryOperationIsRead() throws Exception {
        ByteBuffer script = ByteBuffer.wrap(example("script"));
        ScriptReader reader = new ScriptReader(script);
        List<String> read = new ArrayList<>();
        while (reader.next()) {
            String run = reader.type() + " block " + reader.block() + " page " + reader.page() + " count "
                    + reader.count() + (reader.named() ? " named" : "");
            String data =
                    new String(script.array(), reader.dataPosition(), reader.dataLength(), StandardCharsets.US_ASCII);
            read.add(
                    switch (reader.type()) {
                        case ScriptFormat.BLOCKS -> "blocks " + reader.blocks();
                        case ScriptFormat.VERBATIM -> "verbatim " + data;
                        case ScriptFormat.OPAQUE -> run + " " + data;
                        case ScriptFormat.KNOWN -> run + " number " + reader.number();
                        default -> run;
                    });
        }
        assertThat(read)
                .containsExactly(
                        "blocks " + List.of(new RamBlock("pc.ram", 1 << 20), new RamBlock("rom", 8192)),
                        "verbatim hi",
                        "2 block 0 page 0 count 200 named",
                        "3 block 0 page 200 count 1",
                        "4 block 0 page 201 count 2 number 5",
                        "4 block 0 page 203 count 1 number 3",
                        "5 block 1 page 1 count 1 named",
                        "6 block 0 page 10 count 2 named",
                        "7 block 0 page 5 count 1 hi");
    }

    @Test
    void theScriptWithEveryOperationIsWritten() throws Exception {
        ByteBuffer hi = ByteBuffer.wrap("hi".getBytes(StandardCharsets.US_ASCII));
        ScriptWriter writer = new ScriptWriter(4096);
        writer.begin();
        writer.blocks(List.of(new RamBlock("pc.ram", 1 << 20), new RamBlock("rom", 8192)));
        writer.verbatim(hi, 0, 2);
        for (int page = 0; page < 200; page++) {
            writer.record(ScriptFormat.ZERO, 0, page, page == 0);
        }
        writer.record(ScriptFormat.KEPT, 0, 200, false);
        writer.known(0, 201, false, 5);
        writer.known(0, 202, false, 6);
        writer.known(0, 203, false, 3);
        writer.record(ScriptFormat.NEW, 1, 1, true);
        writer.record(ScriptFormat.DELTA, 0, 10, true);
        writer.record(ScriptFormat.DELTA, 0, 11, false);
        writer.opaque(0, 5, hi, 0, 2);
        assertThat(writer.finish()).isEqualTo(example("script"));
    }

    @Test
    void theLimitOfAScriptIsThatOfTheDocument() throws Exception {
        assertThat(Files.readString(Path.of("..", "docs", "protocol.md")))
                .contains(
                        String.format(Locale.ROOT, "bytes of the script, at most %,d |", BatchPacker.MAX_SCRIPT_BYTES));
    }
}
