package io.novacron.hde.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictTrainer;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Where a trained dictionary pays, on images of guest memory (pmemsave): prints what frames and scripts become with one, in
 * percent of what they are without, and zstd's speed with one, as a multiple of that without.
 *
 * <p>{@code main SNAPSHOT GUEST SIBLING}: the same VM at two moments, and another one of the same image. Frames are of the
 * guest's pages that the snapshot, or the sibling, does not have; dictionaries are trained on 1000 random pages of the
 * sibling, and of the snapshot, and scripts on those of another migration.
 */
final class DictionaryMeasurement {
    private static final int SAMPLES = 1000;
    private static final int[] SIZES = {2, 4, 16, 64, 112};
    private static final int[] LEVELS = {1, 3, 6};
    private static final int[] PAGES_A_FRAME = {1, 2, 4, 8, 16, 48};
    private static final int MOST_PAGES = 48;
    private static final String RAM = "pc.ram";

    private DictionaryMeasurement() {}

    /** An image, and its distinct pages that are not zero, by the address of the first of each. */
    private record Image(ByteBuffer bytes, Map<PageId, Integer> pages) {
        static Image read(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
                Map<PageId, Integer> pages = new LinkedHashMap<>();
                PageHasher hasher = new PageHasher();
                for (int page = 0; page < bytes.capacity() / Page.SIZE; page++) {
                    hasher.hash(bytes, page * Page.SIZE);
                    pages.putIfAbsent(new PageId(hasher.high(), hasher.low()), page);
                }
                pages.remove(PageId.ZERO_PAGE);
                return new Image(bytes, pages);
            }
        }

        List<Integer> without(Image other) {
            List<Integer> left = new ArrayList<>();
            pages.forEach((id, page) -> {
                if (!other.pages.containsKey(id)) {
                    left.add(page);
                }
            });
            return left;
        }

        byte[] page(int page) {
            byte[] content = new byte[Page.SIZE];
            bytes.get(page * Page.SIZE, content);
            return content;
        }

        MemoryTable table() {
            MemoryTable table = new MemoryTable(List.of(new BlockLayout(RAM, bytes.capacity())));
            PageHasher hasher = new PageHasher();
            for (int page = 0; page < bytes.capacity() / Page.SIZE; page++) {
                hasher.hash(bytes, page * Page.SIZE);
                table.set(0, page, hasher.high(), hasher.low());
            }
            return table;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Image snapshot = Image.read(Path.of(arguments[0]));
        Image guest = Image.read(Path.of(arguments[1]));
        Image sibling = Image.read(Path.of(arguments[2]));
        frames("not in the sibling", guest, guest.without(sibling), snapshot, sibling);
        frames("not in the snapshot", guest, guest.without(snapshot), snapshot, sibling);
        scripts(snapshot, guest, sibling);
    }

    // ---- frames -----------------------------------------------------------------------------------------------------

    private static void frames(String name, Image guest, List<Integer> pages, Image snapshot, Image sibling) {
        for (Map.Entry<String, Image> trained :
                Map.of("the sibling", sibling, "the snapshot", snapshot).entrySet()) {
            System.out.printf(
                    Locale.ROOT,
                    "%nframes of %d pages %s, dictionaries of %s%n%n| level | pages | bytes a page |",
                    pages.size(),
                    name,
                    trained.getKey());
            List<byte[]> dictionaries = new ArrayList<>();
            for (int kib : SIZES) {
                Image image = trained.getValue();
                List<byte[]> samples =
                        random(image.pages.values()).stream().map(image::page).toList();
                dictionaries.add(train(samples, kib << 10));
                System.out.printf(Locale.ROOT, " %d KiB |", kib);
            }
            System.out.printf("%n| --- | --- | --- |%s%n", " --- |".repeat(SIZES.length));
            for (int level : LEVELS) {
                for (int count : PAGES_A_FRAME) {
                    row(guest, pages, dictionaries, level, count);
                }
            }
        }
    }

    private static List<Integer> random(Collection<Integer> pages) {
        List<Integer> shuffled = new ArrayList<>(pages);
        Collections.shuffle(shuffled, new Random(1));
        return shuffled.subList(0, Math.min(SAMPLES, shuffled.size()));
    }

    private static byte[] train(List<byte[]> samples, int bytes) {
        int length = samples.stream().mapToInt(sample -> sample.length).sum();
        ZstdDictTrainer trainer = new ZstdDictTrainer(length, bytes, 3);
        samples.forEach(trainer::addSample);
        return trainer.trainSamples();
    }

    /** One row: frames of so many pages, end to end in the order of their addresses, spread over the whole guest. */
    private static void row(Image guest, List<Integer> pages, List<byte[]> dictionaries, int level, int count) {
        ByteBuffer frame = ByteBuffer.allocateDirect(MOST_PAGES * Page.SIZE);
        ByteBuffer packed = ByteBuffer.allocateDirect((int) Zstd.compressBound(frame.capacity()));
        List<ZstdCompressCtx> contexts = new ArrayList<>(List.of(context(level)));
        dictionaries.forEach(
                dictionary -> contexts.add(context(level).loadDict(new ZstdDictCompress(dictionary, level))));
        long[] bytes = new long[contexts.size()];
        long[] nanos = new long[contexts.size()];
        int frames = Math.min(pages.size() / count, 4000 / count + 20);
        int step = pages.size() / frames;
        for (int turn = 0; turn < 3; turn++) {
            for (int f = 0; f < frames; f++) {
                for (int i = 0; i < count; i++) {
                    frame.put(i * Page.SIZE, guest.page(pages.get(f * step + i)));
                }
                for (int c = 0; c < contexts.size(); c++) {
                    long began = System.nanoTime();
                    int length = contexts.get(c)
                            .compressDirectByteBuffer(packed, 0, packed.capacity(), frame, 0, count * Page.SIZE);
                    // the first turn warms up
                    nanos[c] += turn == 0 ? 0 : System.nanoTime() - began;
                    bytes[c] += turn == 0 ? length : 0;
                }
            }
        }
        System.out.printf(Locale.ROOT, "| %d | %d | %.0f |", level, count, (double) bytes[0] / frames / count);
        for (int c = 1; c < contexts.size(); c++) {
            System.out.printf(
                    Locale.ROOT, " %+.1f %%, x%.2f |", 100.0 * bytes[c] / bytes[0] - 100, (double) nanos[0] / nanos[c]);
        }
        System.out.println();
        contexts.forEach(ZstdCompressCtx::close);
    }

    private static ZstdCompressCtx context(int level) {
        return new ZstdCompressCtx().setChecksum(false).setDictID(false).setLevel(level);
    }

    // ---- scripts ----------------------------------------------------------------------------------------------------

    private static void scripts(Image snapshot, Image guest, Image sibling) throws Exception {
        Path directory = Files.createTempDirectory("hde-dictionary-measurement");
        try (PageStore store = PageStore.open(directory, StoreLimits.ofSize(1 << 28))) {
            MemoryTable ofSnapshot = snapshot.table();
            MemoryTable ofSibling = sibling.table();
            for (int cut : new int[] {Segment.CAPACITY, 64 << 10, 16 << 10}) {
                // those of another migration, of which some are joined where they have less than 1 KiB
                List<byte[]> samples = joined(scripts(snapshot, sibling.bytes, ofSibling, cut, store));
                Map<String, List<byte[]>> measured = new LinkedHashMap<>();
                measured.put("first time", scripts(guest, null, null, cut, store));
                measured.put("return, all pages", scripts(guest, null, ofSnapshot, cut, store));
                measured.put("return, changed pages", scripts(guest, snapshot.bytes, ofSnapshot, cut, store));
                measured.put("sibling", scripts(guest, null, ofSibling, cut, store));
                System.out.printf("%nscripts of segments of %d KiB, bytes a batch%n", cut >> 10);
                System.out.printf(
                        "%n| | batches | as it is | zstd | 4 KiB | 16 KiB |%n| --- | --- | --- | --- | --- | --- |%n");
                byte[] small = train(samples, 4 << 10);
                byte[] large = train(samples, 16 << 10);
                measured.forEach((name, scripts) -> System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %.1f | %.1f | %.1f | %.1f |%n",
                        name,
                        scripts.size(),
                        scripts.stream()
                                .mapToInt(script -> script.length)
                                .average()
                                .orElse(0),
                        average(scripts, context(3)),
                        average(scripts, context(3).setDictID(true).loadDict(new ZstdDictCompress(small, 3))),
                        average(scripts, context(3).setDictID(true).loadDict(new ZstdDictCompress(large, 3)))));
            }
        }
    }

    private static List<byte[]> joined(List<byte[]> scripts) {
        List<byte[]> joined = new ArrayList<>();
        ByteBuffer next = ByteBuffer.allocate(Segment.CAPACITY * 2);
        for (byte[] script : scripts) {
            next.put(script);
            if (next.position() >= 1024) {
                byte[] sample = new byte[next.flip().remaining()];
                next.get(sample).clear();
                joined.add(sample);
            }
        }
        return joined;
    }

    private static double average(List<byte[]> scripts, ZstdCompressCtx zstd) {
        try (zstd) {
            return scripts.stream()
                    .mapToInt(script ->
                            script.length < 32 ? script.length : Math.min(script.length, zstd.compress(script).length))
                    .average()
                    .orElse(0);
        }
    }

    /**
     * The scripts of a migration.
     *
     * @param before null, or the memory of which only pages that have changed since are in the stream
     * @param baseline null, or what the destination has
     * @param cut how many stream bytes a segment has at most
     */
    private static List<byte[]> scripts(
            Image image, ByteBuffer before, MemoryTable baseline, int cut, PageStore store) {
        List<byte[]> scripts = new ArrayList<>();
        ChannelMemory memory =
                new ChannelMemory(baseline == null ? List.of() : List.of(baseline.copy()), true, 1 << 14);
        try (SourceEncoder encoder = new SourceEncoder("measured", memory, store, DeltaBases.PLACE, HashingHelp.NONE)) {
            MigrationStreamWriter writer = new MigrationStreamWriter();
            ByteBuffer stream = ByteBuffer.allocate(1 << 16);
            writer.header(stream, "pc-q35-7.2");
            writer.ramStart(stream, 2, List.of(new RamBlock(RAM, image.bytes.capacity())));
            writer.beginRamPart(stream, 2);
            encoder.begin(new Segment());
            boolean named = true;
            int inSegment = 0;
            for (int page = 0; page < image.bytes.capacity() / Page.SIZE; page++) {
                ByteBuffer content = image.bytes.slice(page * Page.SIZE, Page.SIZE);
                if (before != null && content.equals(before.slice(page * Page.SIZE, Page.SIZE))) {
                    continue;
                }
                if (content.mismatch(ByteBuffer.allocate(Page.SIZE)) < 0) {
                    writer.zeroPage(stream, 0, (long) page * Page.SIZE, named);
                } else {
                    stream.put(writer.beginPage(stream, 0, (long) page * Page.SIZE, named), content, 0, Page.SIZE);
                }
                named = false;
                encoder.space().put(stream.flip());
                inSegment += stream.limit();
                stream.clear();
                encoder.parse();
                if (encoder.full() || inSegment >= cut) {
                    scripts.add(encoder.end().script);
                    encoder.begin(new Segment());
                    inSegment = 0;
                }
            }
            encoder.finish();
            scripts.add(encoder.end().script);
        }
        return scripts;
    }
}
