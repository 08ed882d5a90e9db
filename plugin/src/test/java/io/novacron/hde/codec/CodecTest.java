package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Root;
import io.novacron.hde.dictionary.SamplePool;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.frame.WordPages;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams through encoder, packer and rebuilder, with a store on each side, as two hosts have. */
class CodecTest {
    private static final int PAGES = 600;
    private static final StoreLimits LIMITS = StoreLimits.ofSize(256 << 20);
    private static final PackOptions OPTIONS = new PackOptions(1.1, List.of("xor-runs", "zstd"), 0);

    @TempDir
    Path directory;

    private PageStore sourceStore;
    private PageStore destinationStore;
    private HashingHelp help = HashingHelp.NONE;
    private final Random random = new Random(42);

    @BeforeEach
    void open() throws Exception {
        sourceStore = PageStore.open(directory.resolve("source"), LIMITS);
        destinationStore = PageStore.open(directory.resolve("destination"), LIMITS);
    }

    @AfterEach
    void close() {
        sourceStore.close();
        destinationStore.close();
    }

    /** For how many segments it is checked that the tables of before can be made again. */
    private static final int MOST_LAST = 4;

    @SuppressWarnings("ArrayRecordComponent")
    private record Result(
            byte[] stream, long wireBytes, Map<Tier, Integer> tiers, MemoryTable source, MemoryTable destination) {}

    /** Carries a stream; splits say how many bytes each read from QEMU brings at most. */
    private Result carry(byte[] stream, List<MemoryTable> baselines, int split, boolean resendAll)
            throws CodecException {
        return carry(stream, baselines, split, resendAll, SharedBlocks.none());
    }

    private Result carry(
            byte[] stream, List<MemoryTable> baselines, int split, boolean resendAll, SharedBlocks sharedBlocks)
            throws CodecException {
        ChannelMemory sourceMemory = new ChannelMemory(baselines, true, 1024);
        ChannelMemory destinationMemory = new ChannelMemory(baselines, false, 1024);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Map<Tier, Integer> tiers = new EnumMap<>(Tier.class);
        long wireBytes = 0;
        ArrayDeque<Segment> last = new ArrayDeque<>();
        ArrayDeque<Root> roots = new ArrayDeque<>(List.of(new MemoryTable(List.of()).root()));
        try (SourceEncoder encoder =
                        new SourceEncoder("test", sourceMemory, sourceStore, DeltaBases.ANY, help, sharedBlocks);
                BatchPacker packer = new BatchPacker(OPTIONS, sourceStore);
                BatchRebuilder rebuilder = new BatchRebuilder(destinationMemory, destinationStore, 0)) {
            encoder.search(2);
            encoder.learnBaselines(() -> false);
            encoder.begin(new Segment());
            int at = 0;
            while (at < stream.length) {
                ByteBuffer space = encoder.space();
                int n = Math.min(Math.min(space.remaining(), split), stream.length - at);
                space.put(stream, at, n);
                at += n;
                encoder.parse();
                if (at == stream.length) {
                    encoder.finish();
                }
                if (encoder.full() || at == stream.length || (encoder.settled() && random.nextInt(4) == 0)) {
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
                    last.add(segment);
                    roots.add(destinationMemory.table().root());
                    if (last.size() > MOST_LAST) {
                        last.remove();
                        roots.remove();
                    }
                    encoder.begin(new Segment());
                }
                if (at == stream.length || random.nextInt(8) == 0) {
                    // while a segment is being filled, too
                    assertThat(encoder.tables(last))
                            .extracting(MemoryTable::root)
                            .containsExactlyElementsOf(roots);
                }
            }
        }
        return new Result(out.toByteArray(), wireBytes, tiers, sourceMemory.table(), destinationMemory.table());
    }

    @ParameterizedTest
    @CsvSource({"128, 65536, false", "128, 1000, true", "7, 5000, false", "100, 65536, true"})
    void aMultifdChannelIsEncodedLikeAMainOne(int packetPages, int split, boolean resendAll) throws Exception {
        GuestStream guest = guest();
        byte[] first = guest.multifdChannel(0, PAGES, packetPages);
        SharedBlocks blocks = new SharedBlocks();
        blocks.announce(guest.blocks());
        Result there = carry(first, List.of(), split, resendAll, blocks);
        assertThat(there.stream).isEqualTo(first);
        assertThat(there.tiers.get(Tier.ZERO)).isEqualTo((PAGES + 2) / 3);
        assertThat(there.source.root()).isEqualTo(there.destination.root());
        assertThat(there.source.presentPages()).isEqualTo(PAGES);

        for (int page = 1; page < PAGES; page += 16) {
            guest.memory[page * Page.SIZE + 100]++;
        }
        byte[] second = guest.multifdChannel(0, PAGES, packetPages);
        Result back = carry(second, List.of(there.source), split, resendAll, blocks);

        assertThat(back.stream).isEqualTo(second);
        assertThat(back.source.root()).isEqualTo(back.destination.root()).isNotEqualTo(there.source.root());
        assertThat(back.tiers.get(Tier.KEPT)).isGreaterThan(PAGES / 2);
        assertThat(back.wireBytes).isLessThan(there.wireBytes / 3);
    }

    @Test
    void aMultifdChannelWithoutRamBlocksPassesThrough() throws Exception {
        byte[] stream = guest().multifdChannel(0, PAGES, 128);
        Result result = carry(stream, List.of(), 65536, false);
        assertThat(result.stream).isEqualTo(stream);
        assertThat(result.source.presentPages()).isZero();
    }

    private GuestStream guest() {
        GuestStream guest = new GuestStream(PAGES);
        for (int page = 0; page < PAGES; page++) {
            if (page % 3 != 0) {
                guest.write(random, page);
            }
        }
        return guest;
    }

    @Test
    void helpWithHashingChangesNothingButTheTime() throws Exception {
        GuestStream guest = new GuestStream(PAGES);
        for (int page = 0; page < PAGES; page++) {
            if (page % 7 != 0) {
                guest.write(random, page);
            }
        }
        byte[] before = guest.whole();
        for (int page = 0; page < PAGES; page += 5) {
            guest.memory[page * Page.SIZE + 9] ^= 1;
        }
        byte[] after = guest.whole();
        Result alone = carry(before, List.of(), 100_000, false);
        Result aloneAgain = carry(after, List.of(alone.destination), 100_000, false);

        ThreadPoolExecutor threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(2);
        try {
            help = HashingHelp.of(threads);
            close();
            sourceStore = PageStore.open(directory.resolve("source2"), LIMITS);
            destinationStore = PageStore.open(directory.resolve("destination2"), LIMITS);
            Result helped = carry(before, List.of(), 100_000, false);
            Result helpedAgain = carry(after, List.of(helped.destination), 100_000, false);

            assertThat(helped.stream).isEqualTo(before);
            assertThat(helped.wireBytes).isEqualTo(alone.wireBytes);
            assertThat(helped.tiers).isEqualTo(alone.tiers);
            assertThat(helpedAgain.stream).isEqualTo(after);
            assertThat(helpedAgain.tiers).isEqualTo(aloneAgain.tiers);
            assertThat(helpedAgain.tiers.get(Tier.KEPT)).isPositive();
            assertThat(helpedAgain.tiers.get(Tier.DELTA)).isPositive();
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void firstTimeEverythingIsNew() throws CodecException {
        GuestStream guest = guest();
        byte[] stream = guest.whole();

        Result result = carry(stream, List.of(), 100_000, false);

        assertThat(result.stream).isEqualTo(stream);
        assertThat(result.tiers)
                .containsEntry(Tier.NEW, 400)
                .containsEntry(Tier.ZERO, 200)
                .containsEntry(Tier.KEPT, 0);
        assertThat(result.destination.root()).isEqualTo(result.source.root());
        assertThat(result.destination.presentPages()).isEqualTo(PAGES);
        assertThat(result.wireBytes).isLessThan(stream.length / 2);
    }

    @Test
    void whatHasNotChangedIsKeptAndWhatHasIsADelta() throws CodecException {
        GuestStream guest = guest();
        Result first = carry(guest.whole(), List.of(), 100_000, false);
        for (int page = 1; page < 60; page += 3) {
            guest.memory[page * Page.SIZE + 100] ^= 0x55;
        }
        guest.write(random, 100);
        System.arraycopy(guest.memory, 200 * Page.SIZE, guest.memory, 301 * Page.SIZE, Page.SIZE);
        byte[] stream = guest.whole();

        Result second = carry(stream, List.of(first.destination), 100_000, false);

        assertThat(second.stream).isEqualTo(stream);
        assertThat(second.tiers)
                .containsEntry(Tier.DELTA, 20)
                .containsEntry(Tier.NEW, 1)
                .containsEntry(Tier.KNOWN, 1)
                .containsEntry(Tier.KEPT, 400 - 22);
        // beside the device state, which is noise, next to nothing
        assertThat(second.wireBytes - 40_000).isLessThan(10_000);
        assertThat(second.destination.root()).isEqualTo(second.source.root());
    }

    @Test
    void laterRoundsOfOneMigrationAreDeltasToTheFirst() throws CodecException {
        GuestStream guest = guest();
        guest.start();
        guest.part(0, PAGES, false);
        for (int round = 0; round < 3; round++) {
            for (int page = 1; page < 50; page += 3) {
                guest.memory[page * Page.SIZE + 8 * round] ^= 0x11;
            }
            guest.zero(2);
            guest.part(0, 50, round == 2);
        }
        byte[] stream = guest.end();

        Result result = carry(stream, List.of(), 70_000, false);

        assertThat(result.stream).isEqualTo(stream);
        assertThat(result.tiers.get(Tier.DELTA)).isGreaterThanOrEqualTo(17);
        assertThat(result.tiers.get(Tier.DELTA) + result.tiers.get(Tier.NEW)).isBetween(417, 400 + 3 * 17);
        assertThat(result.destination.root()).isEqualTo(result.source.root());
    }

    @Test
    void aStreamThatEndsWithASegmentEndsThere() throws CodecException {
        byte[] stream = guest().whole();
        ChannelMemory memory = new ChannelMemory(List.of(), true, 1024);
        try (SourceEncoder encoder = new SourceEncoder("test", memory, sourceStore, DeltaBases.ANY, HashingHelp.NONE)) {
            encoder.begin(new Segment());
            encoder.space().put(stream, 0, 30_000);
            encoder.parse();
            int first = encoder.end().length();
            encoder.begin(new Segment());
            encoder.finish();
            assertThat(encoder.end().length()).isEqualTo(30_000 - first);
            encoder.begin(new Segment());
            encoder.finish();
            assertThat(encoder.empty()).isTrue();
            assertThat(encoder.end().length()).isZero();
        }
    }

    @Test
    void aPageLikeOneElsewhereIsADelta() throws CodecException {
        GuestStream guest = guest();
        Result first = carry(guest.whole(), List.of(), 100_000, false);
        // noise, so that nothing but the resembling page makes it small; and all of it moved by 16 bytes
        for (int page = 300; page < 340; page++) {
            guest.writeNoise(random, page);
            System.arraycopy(guest.memory, page * Page.SIZE, guest.memory, (page + 200) * Page.SIZE + 16, 4000);
        }
        byte[] stream = guest.whole();

        Result second = carry(stream, List.of(first.destination), 100_000, false);

        assertThat(second.stream).isEqualTo(stream);
        assertThat(second.tiers).containsEntry(Tier.KEPT, 400 - 53);
        assertThat(second.tiers.get(Tier.DELTA)).isBetween(36, 44);
        assertThat(second.wireBytes - 40_000).isLessThan(40 * Page.SIZE + 20_000);
        assertThat(second.destination.root()).isEqualTo(second.source.root());
    }

    @Test
    void aPageLikeOneInABaselineIsADelta() throws CodecException {
        GuestStream guest = new GuestStream(PAGES);
        for (int page = 0; page < 300; page++) {
            guest.writeNoise(random, page);
        }
        Result sibling = carry(guest.whole(), List.of(), 100_000, false);
        GuestStream other = new GuestStream(PAGES);
        for (int page = 0; page < 300; page++) {
            System.arraycopy(guest.memory, page * Page.SIZE, other.memory, (599 - page) * Page.SIZE, Page.SIZE - 64);
        }
        byte[] stream = other.whole();

        Result result = carry(stream, List.of(sibling.destination), 100_000, false);

        assertThat(result.stream).isEqualTo(stream);
        assertThat(result.tiers).containsEntry(Tier.DELTA, 300);
        assertThat(result.wireBytes - 40_000).isLessThan(30_000);
    }

    @Test
    void noiseCrossesRaw() throws CodecException {
        GuestStream guest = new GuestStream(200);
        for (int page = 0; page < 200; page++) {
            guest.writeNoise(random, page);
        }
        byte[] stream = guest.whole();

        Result result = carry(stream, List.of(), 65_536, false);

        assertThat(result.stream).isEqualTo(stream);
        assertThat(result.tiers).containsEntry(Tier.RAW, 200).containsEntry(Tier.NEW, 0);
        assertThat(result.wireBytes).isLessThan(stream.length + stream.length / 100);
    }

    @Property(tries = 40)
    void anySplitAndAnyMixOfResendsGivesTheSameStream(
            @ForAll @IntRange(min = 1, max = 65_536) int split, @ForAll boolean resendAll, @ForAll long seed)
            throws Exception {
        try (PageStore source = PageStore.open(newDirectory(), LIMITS);
                PageStore destination = PageStore.open(newDirectory(), LIMITS)) {
            sourceStore = source;
            destinationStore = destination;
            Random guestRandom = new Random(seed);
            GuestStream guest = new GuestStream(80);
            for (int page = 0; page < 80; page++) {
                switch (guestRandom.nextInt(4)) {
                    case 0 -> guest.write(guestRandom, page);
                    case 1 -> guest.writeNoise(guestRandom, page);
                    case 2 -> System.arraycopy(guest.memory, 0, guest.memory, page * Page.SIZE, Page.SIZE);
                    default -> guest.zero(page);
                }
            }
            byte[] stream = guest.whole();
            Result first = carry(stream, List.of(), Math.max(split, 64), resendAll);
            assertThat(first.stream).isEqualTo(stream);
            assertThat(first.destination.root()).isEqualTo(first.source.root());
            guest.write(guestRandom, guestRandom.nextInt(80));
            byte[] again = guest.whole();
            Result second = carry(again, List.of(first.destination), 4096, false);
            assertThat(second.stream).isEqualTo(again);
        }
    }

    private static Path newDirectory() throws Exception {
        return java.nio.file.Files.createTempDirectory("hde-codec-test");
    }

    @Test
    void ramBlocksThatCannotBeAreRefused() {
        ScriptWriter script = new ScriptWriter(4096);
        script.begin();
        script.blocks(List.of(new RamBlock("\u00e9".repeat(200), Page.SIZE)));
        Segment segment = new Segment();
        segment.clear();
        segment.script = script.finish();
        try (BatchPacker packer = new BatchPacker(OPTIONS, sourceStore);
                BatchRebuilder rebuilder =
                        new BatchRebuilder(new ChannelMemory(List.of(), false, 1024), destinationStore, 0)) {
            packer.pack(segment, Effort.ofLevel(1));
            assertThatThrownBy(() -> rebuilder.rebuild(segment.body()))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("RAM block");
        }
    }

    @Test
    void anyDamageToABatchIsNoticed() throws CodecException {
        GuestStream guest = new GuestStream(40);
        for (int page = 0; page < 40; page += 2) {
            guest.write(random, page);
        }
        guest.start();
        guest.part(0, 40, false);
        byte[] stream = guest.end();
        ChannelMemory memory = new ChannelMemory(List.of(), true, 1024);
        try (SourceEncoder encoder = new SourceEncoder("test", memory, sourceStore, DeltaBases.ANY, HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(OPTIONS, sourceStore)) {
            encoder.begin(new Segment());
            encoder.space().put(stream, 0, 60_000);
            encoder.parse();
            encoder.finish();
            Segment segment = encoder.end();
            packer.pack(segment, Effort.ofLevel(3));
            byte[] body = new byte[segment.body().remaining()];
            segment.body().get(body);
            byte[] expected = new byte[segment.length()];
            segment.stream().get(expected);

            for (int i = 0; i < 600; i++) {
                byte[] damaged = body.clone();
                if (i < 200) {
                    damaged = Arrays.copyOf(body, i < 40 ? i : body.length - 1 - random.nextInt(body.length - 40));
                } else {
                    damaged[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
                }
                ByteBuffer batch = ByteBuffer.wrap(damaged);
                try (BatchRebuilder rebuilder =
                        new BatchRebuilder(new ChannelMemory(List.of(), false, 1024), destinationStore, 0)) {
                    ByteBuffer rebuilt = rebuilder.rebuild(batch);
                    // a bit that means nothing, in a compressed stream, say: then nothing may have changed
                    assertThat(rebuilt).isEqualTo(ByteBuffer.wrap(expected));
                } catch (CodecException e) {
                    assertThat(e).hasMessageNotContaining("null");
                }
            }
        }
    }

    /** A few pages that have words in common with those of a dictionary, in a stream of their own. */
    private byte[] streamOfWords(WordPages words, int pages) {
        GuestStream guest = new GuestStream(PAGES);
        for (int page = 0; page < pages; page++) {
            System.arraycopy(words.page(page), 0, guest.memory, page * Page.SIZE, Page.SIZE);
        }
        guest.start();
        guest.part(0, pages, true);
        return guest.written();
    }

    private Segment packed(byte[] stream, BatchPacker packer) {
        try (SourceEncoder encoder = new SourceEncoder(
                "test", new ChannelMemory(List.of(), true, 1024), sourceStore, DeltaBases.PLACE, HashingHelp.NONE)) {
            encoder.begin(new Segment());
            encoder.space().put(stream);
            encoder.parse();
            encoder.finish();
            Segment segment = encoder.end();
            packer.pack(segment, Effort.ofLevel(3));
            return segment;
        }
    }

    @Test
    void aSmallFrameCrossesWithADictionaryAndIsStoredWithout() throws CodecException {
        WordPages words = new WordPages(1);
        FrameDictionary dictionary = words.dictionary();
        SamplePool samples = new SamplePool(10);
        SourceDictionaries dictionaries =
                new SourceDictionaries(Optional.of(dictionary), samples.of(new UUID(0, 1), "vm"));
        byte[] stream = streamOfWords(words, 6);
        ChannelMemory memory = new ChannelMemory(List.of(), false, 1024);
        try (BatchPacker packer = new BatchPacker(OPTIONS, sourceStore, dictionaries);
                BatchPacker without = new BatchPacker(OPTIONS, sourceStore);
                BatchRebuilder rebuilder = new BatchRebuilder(memory, destinationStore, 0, List.of(dictionary));
                PageReader reader = destinationStore.newReader()) {
            Segment segment = packed(stream, packer);
            Segment plain = packed(stream, without);

            assertThat(rebuilder.rebuild(segment.body())).isEqualTo(ByteBuffer.wrap(stream));
            assertThat(segment.body().remaining()).isLessThan(plain.body().remaining() * 9 / 10);
            // in both stores, without the dictionary
            assertThat(segment.frames())
                    .singleElement()
                    .satisfies(frame -> assertThat(frame.dictionary()).isZero());
            segment.frames()
                    .forEach(frame -> assertThat(sourceStore.append(frame)).isTrue());
            rebuilder
                    .frames()
                    .forEach(frame -> assertThat(destinationStore.append(frame)).isTrue());
            ByteBuffer page = ByteBuffer.allocateDirect(Page.SIZE);
            for (int i = 0; i < 6; i++) {
                assertThat(reader.read(memory.table().high(0, i), memory.table().low(0, i), page, 0))
                        .isTrue();
                assertThat(page).isEqualTo(ByteBuffer.wrap(words.page(i)));
            }
        }
    }

    @Test
    void aReceiverWithoutTheDictionaryAsksForTheBatchAgain() throws CodecException {
        WordPages words = new WordPages(1);
        byte[] stream = streamOfWords(words, 3);
        SourceDictionaries dictionaries =
                new SourceDictionaries(Optional.of(words.dictionary()), SourceDictionaries.NONE.samples());
        FrameDictionary other = new WordPages(2).dictionary();
        for (List<FrameDictionary> held : List.of(List.<FrameDictionary>of(), List.of(other))) {
            try (BatchPacker packer = new BatchPacker(OPTIONS, sourceStore, dictionaries);
                    BatchRebuilder rebuilder =
                            new BatchRebuilder(new ChannelMemory(List.of(), false, 1024), destinationStore, 0, held)) {
                Segment segment = packed(stream, packer);
                assertThatThrownBy(() -> rebuilder.rebuild(segment.body()))
                        .isInstanceOf(CodecException.class)
                        .hasMessageContaining("needs dictionary")
                        .hasMessageContaining("which is not held here");
                assertThat(rebuilder.rebuildRaw(packer.packRaw(segment, 1))).isEqualTo(ByteBuffer.wrap(stream));
            }
        }
    }

    @Test
    void largeFramesDoWithoutTheDictionary() throws CodecException {
        WordPages words = new WordPages(1);
        SourceDictionaries dictionaries =
                new SourceDictionaries(Optional.of(words.dictionary()), SourceDictionaries.NONE.samples());
        byte[] large = streamOfWords(words, FramePacker.MAX_PAGES_WITH_DICTIONARY + 1);
        try (BatchPacker packer = new BatchPacker(OPTIONS, sourceStore, dictionaries);
                BatchPacker without = new BatchPacker(OPTIONS, sourceStore);
                SourceEncoder encoder = new SourceEncoder(
                        "test",
                        new ChannelMemory(List.of(), true, 1024),
                        sourceStore,
                        DeltaBases.PLACE,
                        HashingHelp.NONE)) {
            encoder.begin(new Segment());
            for (int at = 0; at < large.length; ) {
                ByteBuffer space = encoder.space();
                int n = Math.min(space.remaining(), large.length - at);
                space.put(large, at, n);
                at += n;
                encoder.parse();
            }
            encoder.finish();
            Segment segment = encoder.end();
            packer.pack(segment, Effort.ofLevel(3));
            ByteBuffer body = segment.body();
            without.pack(segment, Effort.ofLevel(3));
            assertThat(body).isEqualTo(segment.body());
        }
    }

    @Test
    void aPageThatIsNotHeldIsAskedForAgain() throws Exception {
        GuestStream guest = guest();
        Result first = carry(guest.whole(), List.of(), 100_000, false);
        try (PageStore empty = PageStore.open(directory.resolve("empty"), LIMITS)) {
            PageStore full = destinationStore;
            destinationStore = empty;
            byte[] stream = guest.whole();
            assertThatThrownBy(() -> carry(stream, List.of(first.destination), 100_000, false))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("is not held here");
            Result raw = carry(stream, List.of(first.destination), 100_000, true);
            assertThat(raw.stream).isEqualTo(stream);
            // what was missed has been kept: the next time nothing is missed
            Result healed = carry(stream, List.of(first.destination), 100_000, false);
            assertThat(healed.stream).isEqualTo(stream);
            destinationStore = full;
        }
    }
}
