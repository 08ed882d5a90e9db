package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.wire.ChannelType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is copied: the same bytes, and next to nothing of them a second time. */
class DiskCodecTest {
    private static final int PAGES = 1000;
    private static final int WRITE_PAGES = 64;
    private static final PackOptions OPTIONS = new PackOptions(1.1, List.of(DeltaAlgorithms.ZSTD.algorithmName()), 4);

    @TempDir
    Path directory;

    private PageStore sourceStore;
    private PageStore destinationStore;
    private final Random random = new Random(7);

    @BeforeEach
    void open() throws Exception {
        StoreLimits limits = StoreLimits.ofSize(1L << 30);
        sourceStore = PageStore.open(directory.resolve("source"), limits);
        destinationStore = PageStore.open(directory.resolve("destination"), limits);
    }

    @AfterEach
    void close() {
        sourceStore.close();
        destinationStore.close();
    }

    private record Result(long wireBytes, Map<Tier, Integer> tiers, MemoryTable source, MemoryTable destination) {
        int pages(Tier tier) {
            return tiers.getOrDefault(tier, 0);
        }
    }

    private byte[] disk() {
        byte[] disk = new byte[PAGES * Page.SIZE];
        random.nextBytes(disk);
        for (int page = 0; page < PAGES; page += 10) {
            Arrays.fill(disk, page * Page.SIZE, (page + 1) * Page.SIZE, (byte) 0);
        }
        return disk;
    }

    private static byte[] server(int diskBytes) {
        return ByteBuffer.allocate(18 + 20 + 12)
                .put("NBDMAGICIHAVEOPT".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) 3)
                .putLong(0x0003e889045565a9L)
                .putInt(7)
                .putInt(3)
                .putInt(12)
                .putShort((short) 0)
                .putLong(diskBytes)
                .putShort((short) 0xded)
                .array();
    }

    /** A client that writes the whole disk, and its tail of half a page. */
    private static byte[] client(String export, byte[] disk) {
        ByteBuffer client = ByteBuffer.allocate(2 * disk.length + 8192);
        byte[] name = export.getBytes(StandardCharsets.US_ASCII);
        client.putInt(3)
                .put("IHAVEOPT".getBytes(StandardCharsets.US_ASCII))
                .putInt(7)
                .putInt(4 + name.length + 2)
                .putInt(name.length)
                .put(name)
                .putShort((short) 0);
        for (int at = 0; at < disk.length; at += WRITE_PAGES * Page.SIZE) {
            int length = Math.min(WRITE_PAGES * Page.SIZE, disk.length - at);
            request(client, 1, at, length).put(disk, at, length);
        }
        request(client, 1, disk.length, 100).put(new byte[100]);
        request(client, 2, 0, 0);
        byte[] bytes = new byte[client.position()];
        client.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer request(ByteBuffer client, int type, long offset, int length) {
        return client.putInt(0x25609513)
                .putShort((short) 0)
                .putShort((short) type)
                .putLong(offset)
                .putLong(offset)
                .putInt(length);
    }

    private Result copy(String export, byte[] disk, List<MemoryTable> baselines, boolean resendAll) throws Exception {
        byte[] client = client(export, disk);
        ChannelMemory atSource = new ChannelMemory(baselines, true, 1024, ChannelType.DISK);
        ChannelMemory atDestination = new ChannelMemory(baselines, false, 1024, ChannelType.DISK);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Map<Tier, Integer> tiers = new EnumMap<>(Tier.class);
        long wireBytes = 0;
        try (SourceEncoder encoder =
                        new SourceEncoder("test", atSource, sourceStore, DeltaBases.ANY, HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(OPTIONS, sourceStore);
                BatchRebuilder rebuilder = new BatchRebuilder(atDestination, destinationStore, 0)) {
            encoder.answered(ByteBuffer.wrap(server(disk.length + 100)));
            encoder.begin(new Segment());
            int at = 0;
            while (at < client.length) {
                ByteBuffer space = encoder.space();
                int n = Math.min(Math.min(space.remaining(), 50_000), client.length - at);
                space.put(client, at, n);
                at += n;
                encoder.parse();
                if (encoder.full() || encoder.settled() || at == client.length) {
                    Segment segment = encoder.end();
                    packer.pack(segment, Effort.ofLevel(3));
                    for (Tier tier : Tier.values()) {
                        tiers.merge(tier, segment.pages(tier), Integer::sum);
                    }
                    segment.frames().forEach(sourceStore::append);
                    wireBytes += segment.body().remaining();
                    ByteBuffer rebuilt = resendAll
                            ? rebuilder.rebuildRaw(packer.packRaw(segment, 1))
                            : rebuilder.rebuild(segment.body());
                    byte[] bytes = new byte[rebuilt.remaining()];
                    rebuilt.get(bytes);
                    out.writeBytes(bytes);
                    for (Frame frame : rebuilder.frames()) {
                        destinationStore.append(frame);
                    }
                    encoder.begin(new Segment());
                }
            }
            assertThat(encoder.memoryComplete()).isTrue();
            assertThat(encoder.passThroughReason()).isNull();
            assertThat(encoder.rounds()).isZero();
        }
        assertThat(out.toByteArray()).isEqualTo(client);
        assertThat(atDestination.table().root()).isEqualTo(atSource.table().root());
        return new Result(wireBytes, tiers, atSource.table(), atDestination.table());
    }

    @Test
    void aSecondCopyOfADiskCostsWhatHasChanged() throws Exception {
        byte[] disk = disk();
        Result first = copy("drive-vda", disk, List.of(), false);
        assertThat(first.pages(Tier.ZERO)).isEqualTo(PAGES / 10);
        assertThat(first.pages(Tier.NEW) + first.pages(Tier.RAW)).isEqualTo(PAGES * 9 / 10);

        for (int page : new int[] {11, 12, 501}) {
            disk[page * Page.SIZE + 100]++;
        }
        Result second = copy("drive-vda", disk, List.of(first.source), false);

        assertThat(second.pages(Tier.KEPT)).isEqualTo(PAGES * 9 / 10 - 3);
        assertThat(second.pages(Tier.DELTA)).isEqualTo(3);
        assertThat(second.wireBytes).isLessThan(disk.length / 1000);
    }

    @Test
    void theTableStartsFromTheBaselineOfTheSameDisk() throws Exception {
        byte[] system = disk();
        byte[] data = disk();
        MemoryTable ofSystem = copy("drive-vda", system, List.of(), false).source;
        MemoryTable ofData = copy("drive-vdb", data, List.of(), false).source;

        Result again = copy("drive-vdb", data, List.of(ofSystem, ofData), false);
        assertThat(again.pages(Tier.KEPT)).isEqualTo(PAGES * 9 / 10);

        // What lies on the other disk is known by its content.
        Result moved = copy("drive-vdc", data, List.of(ofSystem, ofData), false);
        assertThat(moved.pages(Tier.KEPT)).isZero();
        assertThat(moved.pages(Tier.KNOWN)).isEqualTo(PAGES * 9 / 10);
    }

    @Test
    void whatIsSentAgainIsTheSameBytes() throws Exception {
        copy("drive-vda", disk(), List.of(), true);
    }

    @Test
    void aChannelHasOneDisk() {
        ChannelMemory memory = new ChannelMemory(List.of(), false, 16, ChannelType.DISK);
        RamBlock one = new RamBlock("vda", 4096);

        assertThatThrownBy(() -> memory.begin(List.of(one, new RamBlock("vdb", 4096))))
                .isInstanceOf(IllegalArgumentException.class);
        memory.begin(List.of(one));
        assertThat(memory.table().layout()).containsExactly(new BlockLayout("vda", 4096));
    }
}
