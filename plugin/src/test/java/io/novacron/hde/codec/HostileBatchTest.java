package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a peer may say to cost or spoil more than its own channel. */
class HostileBatchTest {
    private static final long MOST_BYTES = 1L << 60;

    @TempDir
    Path directory;

    private PageStore store;
    private final ByteBuffer script = ByteBuffer.allocate(1 << 16);

    @BeforeEach
    void open() throws Exception {
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 28));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void blocks(String name, long bytes) {
        script.put((byte) ScriptFormat.BLOCKS);
        Leb128.putUnsigned(script, 1);
        Leb128.putUnsigned(script, name.length());
        script.put(name.getBytes(StandardCharsets.ISO_8859_1));
        Leb128.putUnsigned(script, bytes);
    }

    /** A batch with that script and those frames for NEW records, and a digest of zeros. */
    private ByteBuffer batch(int streamBytes, WireFrame... frames) {
        ByteBuffer body = ByteBuffer.allocate(1 << 16);
        body.putInt(streamBytes).put((byte) frames.length).put((byte) 0);
        for (WireFrame frame : frames) {
            frame.write(body);
        }
        script.flip();
        body.putInt(script.remaining()).putInt(script.remaining()).put(script);
        return body.put(new byte[BatchDigest.BYTES]).flip();
    }

    private BatchRebuilder rebuilder() {
        return new BatchRebuilder(new ChannelMemory(List.of(), false, 64), store, 4);
    }

    @Test
    void aScriptBeginsOneTable() {
        // Each would cost a table that shares a baseline's chunks, and is three bytes of a script that packs to
        // nothing.
        blocks("pc.ram", 1 << 20);
        blocks("pc.ram", 1 << 20);
        try (BatchRebuilder rebuilder = rebuilder()) {
            assertThatThrownBy(() -> rebuilder.rebuild(batch(0)))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("two lists of RAM blocks");
        }
    }

    @Test
    void aDeltaFrameNeedsDeltaRecords() {
        WireFrame delta = new WireFrame(Frame.DELTA, (byte) 3, 0, 1, new long[0], new byte[] {1});
        try (BatchRebuilder rebuilder = rebuilder()) {
            assertThatThrownBy(() -> rebuilder.rebuild(batch(0, delta)))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("DELTA frame among those for NEW");
        }
    }

    @Test
    void whatIsIndexedFollowsThePagesAndNotTheLayout() {
        MemoryTable table =
                new MemoryTable(List.of(new BlockLayout("a", MOST_BYTES), new BlockLayout("b", MOST_BYTES)));
        long last = MOST_BYTES / Page.SIZE - 1;
        table.set(0, 5, 1, 2);
        table.set(0, last, 3, 4);
        table.set(1, 7, 5, 6);
        table.setZero(1, 8);
        KnownPages known = new KnownPages(List.of(table, table), true, TableSpace.HEAP);
        assertThat(known.sentStart()).isEqualTo(4 * (last + 1));
        assertThat(known.find(1, 2)).isEqualTo(5);
        assertThat(known.high(last)).isEqualTo(3);
        assertThat(known.high(last + 1 + 7)).isEqualTo(5);
        // Beyond what the index can name, and zero: not looked for.
        assertThat(known.find(5, 6)).isEqualTo(-1);
    }

    @Test
    void baselinesAreGoneThroughInTheOrderOfTheirNumbers() {
        MemoryTable table =
                new MemoryTable(List.of(new BlockLayout("a", 3 * Page.SIZE), new BlockLayout("b", 1 << 30)));
        table.set(1, 100_000, 7, 8);
        table.set(1, 1, 5, 6);
        table.set(0, 2, 3, 4);
        KnownPages known = new KnownPages(List.of(table, table), false, TableSpace.HEAP);
        List<Long> numbers = new java.util.ArrayList<>();
        known.forEachOfBaselines((number, high, low) -> {
            assertThat(known.high(number)).isEqualTo(high);
            assertThat(known.low(number)).isEqualTo(low);
            numbers.add(number);
            return numbers.size() < 5;
        });
        long second = 3 + (1 << 18);
        assertThat(numbers).containsExactly(2L, 4L, 100_003L, second + 2, second + 4);
    }
}
