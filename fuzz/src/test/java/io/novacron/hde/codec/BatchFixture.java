package io.novacron.hde.codec;

import com.github.luben.zstd.ZstdDictTrainer;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.fuzz.Temporary;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A small guest whose first state both ends have as a baseline, the store with its pages, and a dictionary. */
public final class BatchFixture {
    static final int PAGES = 24;
    static final RamBlock RAM = new RamBlock("pc.ram", PAGES * (long) Page.SIZE);
    static final RamBlock ROM = new RamBlock("rom", 2 * (long) Page.SIZE);

    private static final int WORD = 32;

    private final byte[][] words = new byte[40][WORD];
    private final FrameDictionary dictionary;
    private final PageStore store;
    private final MemoryTable baseline;

    /** Makes all of it; the store lies in a directory that goes with the process. */
    public BatchFixture() throws Exception {
        Random random = new Random(1);
        for (byte[] word : words) {
            random.nextBytes(word);
        }
        dictionary = train();
        store = PageStore.open(Temporary.directory("store"), new StoreLimits(64 << 20, 0, 1 << 20, 1 << 20, 1, 8));
        baseline = new MemoryTable(
                List.of(new BlockLayout(RAM.name(), RAM.usedLength()), new BlockLayout(ROM.name(), ROM.usedLength())));
        storeBaseline();
    }

    /** A dictionary for the guest's pages; the same in every run. */
    public FrameDictionary dictionary() {
        return dictionary;
    }

    PageStore store() {
        return store;
    }

    /** Of pages 0 to 15; the rest is absent. */
    MemoryTable baseline() {
        return baseline;
    }

    private FrameDictionary train() throws Exception {
        ZstdDictTrainer trainer = new ZstdDictTrainer(300 * Page.SIZE, 2 << 10, 3);
        for (int i = 0; i < 300; i++) {
            trainer.addSample(page(1000 + i));
        }
        return FrameDictionary.of(trainer.trainSamples());
    }

    /** A row of words that other pages have too, the same for the same seed. */
    byte[] page(long seed) {
        Random random = new Random(seed);
        byte[] page = new byte[Page.SIZE];
        for (int at = 0; at < page.length; at += WORD) {
            System.arraycopy(words[random.nextInt(words.length)], 0, page, at, WORD);
        }
        return page;
    }

    private void storeBaseline() {
        int count = 16;
        ByteBuffer pages = ByteBuffer.allocateDirect(count * Page.SIZE);
        long[] ids = new long[2 * count];
        PageHasher hasher = new PageHasher();
        for (int i = 0; i < count; i++) {
            pages.put(i * Page.SIZE, page(i));
            hasher.hash(pages, i * Page.SIZE);
            ids[2 * i] = hasher.high();
            ids[2 * i + 1] = hasher.low();
            baseline.set(0, i, ids[2 * i], ids[2 * i + 1]);
        }
        try (FramePacker packer = new FramePacker()) {
            store.append(packer.pack(pages, 0, count, ids, 3, 1.1));
        }
        store.flush();
    }

    /** A stream of the guest, in two pieces: kept pages, changed, moved and new ones; and most of them changed again. */
    List<byte[]> stream() {
        GuestStreamWriter writer = new GuestStreamWriter();
        ByteBuffer out = ByteBuffer.allocate(1 << 20);
        writer.start(out, "pc", List.of(RAM, ROM));
        round(writer, out, 1);
        byte[] first = Arrays.copyOf(out.array(), out.position());
        out.clear();
        round(writer, out, 2);
        writer.beginLastSection(out);
        writer.endSection(out);
        out.put(new byte[20]);
        writer.end(out, "{}");
        return List.of(first, Arrays.copyOf(out.array(), out.position()));
    }

    private void round(GuestStreamWriter writer, ByteBuffer out, int change) {
        writer.beginSection(out);
        for (int page = 0; page < PAGES; page++) {
            byte[] content = page(page % 5 == 4 ? page + 1 : page);
            if (page % 3 == 1) {
                content[100 + change] ^= (byte) change;
            }
            if (page % 7 == 6) {
                writer.zeroPage(out, 0, page * (long) Page.SIZE);
            } else {
                out.put(writer.beginPage(out, 0, page * (long) Page.SIZE), content);
            }
        }
        writer.endSection(out);
    }
}
