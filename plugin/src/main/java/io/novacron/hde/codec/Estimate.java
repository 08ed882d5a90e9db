package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * What sending a guest's memory once is expected to cost, from a sample of its pages. The sample goes through an encoder
 * and a packer of its own, as a small guest whose baseline is that of the sampled places, and what its batches cost is
 * scaled up. Nothing is changed or stored.
 *
 * <p>The standard errors come from the differences between one run of sampled pages and the next, as suits runs that are
 * spread evenly (Wolter, Introduction to Variance Estimation, chapter 8). They say how much another sample would differ.
 * They do not say what no sample shows: pages that are the same, or alike, in two places of the guest, of which a small
 * sample seldom has both. So the bytes come out rather too many.
 *
 * @param pages of the guest
 * @param sampled of them
 * @param bytes of all batches
 * @param tiers pages by tier
 * @param nanos processor time that encoding and packing the sample has taken
 */
public record Estimate(long pages, int sampled, Amount bytes, Map<Tier, Amount> tiers, long nanos) {
    /** Every sampled page with its record, and what comes before and after them. */
    private static final int WRITE_BYTES = SourceEncoder.READ_BYTES;

    private static final String BLOCK = "sample";

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** The message's length, type and sequence number. */
    static final int MESSAGE_HEADER = 4 + 1 + 8;

    public Estimate {
        tiers = Map.copyOf(tiers);
    }

    /**
     * A number that is not known exactly.
     *
     * @param error the standard error; infinite where the sample is too small to tell
     */
    public record Amount(double value, double error) {}

    /**
     * Estimates.
     *
     * @param agreed baselines that the destination has, as a channel would use them; may be empty
     * @param store where their pages are
     * @param learned whether enough of the baselines' pages has been read that new ones may resemble; asked between two of
     *     them
     */
    public static Estimate of(
            PageSample sample,
            List<MemoryTable> agreed,
            PageStore store,
            PackOptions options,
            Effort effort,
            BooleanSupplier learned) {
        ChannelMemory memory = new ChannelMemory(baselines(sample, agreed), true, MemoryTable.DEFAULT_MAX_CHUNKS);
        try (SourceEncoder encoder = new SourceEncoder("estimate", memory, store, bases(options), HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(options, store)) {
            encoder.search(effort.references());
            if (effort.references() > 0 && !agreed.isEmpty()) {
                encoder.learnBaselines(learned);
            }
            Run run = new Run(sample, encoder, packer, effort);
            long began = THREADS.getCurrentThreadCpuTime();
            run.encode();
            return run.scaled(THREADS.getCurrentThreadCpuTime() - began);
        }
    }

    static DeltaBases bases(PackOptions options) {
        return options.deltaAlgorithms().isEmpty() ? DeltaBases.NONE : DeltaBases.ANY;
    }

    /** The sampled places of the first baseline as a baseline of the small guest; then all of them, whose pages count. */
    private static List<MemoryTable> baselines(PageSample sample, List<MemoryTable> agreed) {
        if (agreed.isEmpty()) {
            return List.of();
        }
        MemoryTable own = agreed.get(0);
        MemoryTable small = new MemoryTable(List.of(new BlockLayout(BLOCK, (long) sample.count() * Page.SIZE)));
        for (int i = 0; i < sample.count(); i++) {
            int block = sample.block(i);
            if (block < own.layout().size()
                    && sample.page(i) < own.layout().get(block).pages()) {
                small.set(0, i, own.high(block, sample.page(i)), own.low(block, sample.page(i)));
            }
        }
        List<MemoryTable> baselines = new ArrayList<>(List.of(small));
        for (MemoryTable table : agreed) {
            baselines.add(table.copy());
        }
        return baselines;
    }

    /** The small guest's way through encoder and packer, and what its pages cost, added up for each run of them. */
    private static final class Run {
        private final PageSample sample;
        private final SourceEncoder encoder;
        private final BatchPacker packer;
        private final Effort effort;
        private final Segment segment = new Segment();
        private final ByteBuffer stream = ByteBuffer.allocateDirect(WRITE_BYTES);
        private final GuestStreamWriter writer = new GuestStreamWriter();
        private final double[] bytes;
        private final double[][] tiers;
        private int batchBegan;

        Run(PageSample sample, SourceEncoder encoder, BatchPacker packer, Effort effort) {
            this.sample = sample;
            this.encoder = encoder;
            this.packer = packer;
            this.effort = effort;
            int runs = (sample.count() + PageSample.RUN_PAGES - 1) / PageSample.RUN_PAGES;
            bytes = new double[runs];
            tiers = new double[Tier.values().length][runs];
        }

        void encode() {
            writer.start(stream, "estimate", List.of(new RamBlock(BLOCK, (long) sample.count() * Page.SIZE)));
            writer.beginSection(stream);
            encoder.begin(segment);
            parse(0);
            // what comes before the first page comes once, however many there are
            encoder.end();
            encoder.begin(segment);
            for (int i = 0; i < sample.count(); i++) {
                if (stream.remaining() < GuestStreamWriter.MAX_WRITE) {
                    parse(i);
                }
                long offset = (long) i * Page.SIZE;
                if (sample.isZero(i)) {
                    writer.zeroPage(stream, 0, offset);
                } else {
                    sample.read(i, stream, writer.beginPage(stream, 0, offset));
                }
            }
            writer.endSection(stream);
            parse(sample.count());
            endBatch(sample.count());
        }

        /** @param end the page after the last one written */
        private void parse(int end) {
            encoder.space().put(stream.flip());
            stream.clear();
            encoder.parse();
            if (encoder.full()) {
                endBatch(end);
                encoder.begin(segment);
            }
        }

        /**
         * Shares out what a batch has: what a frame takes among its pages, the rest among all that are not zero, or all if
         * there are only those.
         */
        private void endBatch(int end) {
            Segment ended = encoder.end();
            packer.pack(ended, effort);
            int[] filled = IntStream.range(batchBegan, end)
                    .filter(page -> !sample.isZero(page))
                    .toArray();
            int[] packed = IntStream.concat(
                            Arrays.stream(ended.newPages, 0, ended.newCount),
                            Arrays.stream(ended.deltaPages, 0, ended.deltaCount))
                    .map(index -> filled[index])
                    .toArray();
            int[] others = Arrays.stream(filled)
                    .filter(page -> Arrays.stream(packed).noneMatch(other -> other == page))
                    .toArray();
            int[] all = IntStream.range(batchBegan, end).toArray();
            double rest = MESSAGE_HEADER + ended.body().remaining();
            int first = 0;
            for (FrameReport frame : ended.reports()) {
                share(bytes, frame.bytes(), Arrays.copyOfRange(packed, first, first + frame.pages()));
                first += frame.pages();
                rest -= frame.bytes();
            }
            share(bytes, rest, filled.length > 0 ? filled : all);
            for (int page : all) {
                tiers[Tier.ZERO.ordinal()][page / PageSample.RUN_PAGES] += sample.isZero(page) ? 1 : 0;
            }
            share(tiers[Tier.KEPT.ordinal()], ended.pages(Tier.KEPT), others);
            share(tiers[Tier.KNOWN.ordinal()], ended.pages(Tier.KNOWN), others);
            for (Tier tier : List.of(Tier.DELTA, Tier.NEW, Tier.RAW)) {
                share(tiers[tier.ordinal()], ended.pages(tier), packed);
            }
            batchBegan = end;
        }

        private static void share(double[] amounts, double amount, int[] among) {
            for (int page : among) {
                amounts[page / PageSample.RUN_PAGES] += amount / among.length;
            }
        }

        Estimate scaled(long nanos) {
            Map<Tier, Amount> pages = new EnumMap<>(Tier.class);
            for (Tier tier : Tier.values()) {
                pages.put(tier, scaled(tiers[tier.ordinal()]));
            }
            return new Estimate(sample.guestPages(), sample.count(), scaled(bytes), pages, nanos);
        }

        private Amount scaled(double[] amounts) {
            double guest = sample.guestPages();
            double count = sample.count();
            if (count == 0) {
                return new Amount(0, guest == 0 ? 0 : Double.POSITIVE_INFINITY);
            }
            double sum = 0;
            for (double amount : amounts) {
                sum += amount;
            }
            return new Amount(sum / count * guest, error(amounts, sum / count, guest, count));
        }

        private static double error(double[] amounts, double ratio, double guest, double count) {
            double unseen = Math.max(0, 1 - count / guest);
            int runs = amounts.length;
            if (unseen == 0) {
                return 0;
            }
            if (runs < 2) {
                return Double.POSITIVE_INFINITY;
            }
            double squares = 0;
            double before = 0;
            for (int run = 0; run < runs; run++) {
                double pages = Math.min(PageSample.RUN_PAGES, count - (double) run * PageSample.RUN_PAGES);
                double residual = amounts[run] - ratio * pages;
                squares += run == 0 ? 0 : (residual - before) * (residual - before);
                before = residual;
            }
            return guest / count * Math.sqrt(unseen * runs / (2.0 * (runs - 1)) * squares);
        }
    }
}
