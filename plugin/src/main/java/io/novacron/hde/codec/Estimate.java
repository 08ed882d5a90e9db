package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What sending a guest's memory once is expected to cost, from a sample of its pages. The sample goes through an encoder
 * and a packer of its own, as a small guest whose baseline is that of the sampled places, and what its batches cost is
 * scaled up. Nothing is changed or stored.
 *
 * <p>The standard errors are those of a ratio estimator with batches as units (Cochran, Sampling Techniques, 3rd ed.,
 * 6.4). They say how much another sample would differ. They do not say what no sample shows: pages that are the same, or
 * alike, in two places of the guest, of which a small sample seldom has both. So the bytes come out rather too many.
 *
 * @param pages of the guest
 * @param sampled of them
 * @param bytes of all batches
 * @param tiers pages by tier
 */
public record Estimate(long pages, int sampled, Amount bytes, Map<Tier, Amount> tiers) {
    /** Every sampled page with its record, and what comes before and after them. */
    private static final int WRITE_BYTES = SourceEncoder.READ_BYTES;

    private static final String BLOCK = "sample";

    /** The message's length, type and sequence number. */
    private static final int MESSAGE_HEADER = 4 + 1 + 8;

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
     */
    public static Estimate of(
            PageSample sample, List<MemoryTable> agreed, PageStore store, PackOptions options, Effort effort) {
        ChannelMemory memory = new ChannelMemory(baselines(sample, agreed), true, MemoryTable.DEFAULT_MAX_CHUNKS);
        try (SourceEncoder encoder = new SourceEncoder("estimate", memory, store, bases(options));
                BatchPacker packer = new BatchPacker(options, store)) {
            encoder.search(effort.references());
            if (effort.references() > 0 && !agreed.isEmpty()) {
                encoder.learnBaselines(() -> false);
            }
            Run run = new Run(encoder, packer, effort);
            run.encode(sample);
            return run.scaled(sample);
        }
    }

    private static DeltaBases bases(PackOptions options) {
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

    /** The small guest's way through encoder and packer, and what each batch of it had. */
    private static final class Run {
        private final SourceEncoder encoder;
        private final BatchPacker packer;
        private final Effort effort;
        private final Segment segment = new Segment();
        private final ByteBuffer stream = ByteBuffer.allocateDirect(WRITE_BYTES);
        private final GuestStreamWriter writer = new GuestStreamWriter();
        private final List<int[]> batchTiers = new ArrayList<>();
        private final List<Integer> batchBytes = new ArrayList<>();

        Run(SourceEncoder encoder, BatchPacker packer, Effort effort) {
            this.encoder = encoder;
            this.packer = packer;
            this.effort = effort;
        }

        void encode(PageSample sample) {
            writer.start(stream, "estimate", List.of(new RamBlock(BLOCK, (long) sample.count() * Page.SIZE)));
            writer.beginSection(stream);
            encoder.begin(segment);
            parse();
            // what comes before the first page comes once, however many there are
            encoder.end();
            encoder.begin(segment);
            for (int i = 0; i < sample.count(); i++) {
                if (stream.remaining() < GuestStreamWriter.MAX_WRITE) {
                    parse();
                }
                long offset = (long) i * Page.SIZE;
                if (sample.isZero(i)) {
                    writer.zeroPage(stream, 0, offset);
                } else {
                    sample.read(i, stream, writer.beginPage(stream, 0, offset));
                }
            }
            writer.endSection(stream);
            parse();
            endBatch();
        }

        private void parse() {
            encoder.space().put(stream.flip());
            stream.clear();
            encoder.parse();
            if (encoder.full()) {
                endBatch();
                encoder.begin(segment);
            }
        }

        private void endBatch() {
            Segment ended = encoder.end();
            packer.pack(ended, effort);
            int[] tiers = new int[Tier.values().length];
            for (Tier tier : Tier.values()) {
                tiers[tier.ordinal()] = ended.pages(tier);
            }
            batchTiers.add(tiers);
            batchBytes.add(MESSAGE_HEADER + ended.body().remaining());
        }

        Estimate scaled(PageSample sample) {
            double[] pages = new double[batchTiers.size()];
            for (int i = 0; i < pages.length; i++) {
                for (int count : batchTiers.get(i)) {
                    pages[i] += count;
                }
            }
            Map<Tier, Amount> tiers = new EnumMap<>(Tier.class);
            for (Tier tier : Tier.values()) {
                double[] counts = batchTiers.stream()
                        .mapToDouble(counted -> counted[tier.ordinal()])
                        .toArray();
                tiers.put(tier, scaled(sample, counts, pages));
            }
            double[] bytes = batchBytes.stream().mapToDouble(each -> each).toArray();
            return new Estimate(sample.guestPages(), sample.count(), scaled(sample, bytes, pages), tiers);
        }

        private static Amount scaled(PageSample sample, double[] amounts, double[] pages) {
            double allAmounts = 0;
            double allPages = 0;
            for (int i = 0; i < pages.length; i++) {
                allAmounts += amounts[i];
                allPages += pages[i];
            }
            if (allPages == 0) {
                return new Amount(0, sample.guestPages() == 0 ? 0 : Double.POSITIVE_INFINITY);
            }
            double ratio = allAmounts / allPages;
            double squares = 0;
            for (int i = 0; i < pages.length; i++) {
                double residual = amounts[i] - ratio * pages[i];
                squares += residual * residual;
            }
            double units = pages.length;
            double unseen = Math.max(0, 1 - allPages / sample.guestPages());
            double error = unseen == 0
                    ? 0
                    : units < 2
                            ? Double.POSITIVE_INFINITY
                            : sample.guestPages() * Math.sqrt(unseen * units / (units - 1) * squares) / allPages;
            return new Amount(ratio * sample.guestPages(), error);
        }
    }
}
