package io.novacron.hde.bench;

import java.util.List;
import java.util.Map;

/**
 * What was measured. MB are 10^6 bytes of guest memory, zero pages not counted.
 *
 * @param pages of the image
 * @param zeroPages how many of them are all zero
 * @param zstd1MbS zstd -1 on one thread over the same stream, by the clock; null if zstd was not run
 * @param zstd1CpuMbS the same by processor time
 * @param cases one for each base, after those for none and for the image itself
 * @param seedInputs what the library makes of the seed document's inputs; empty if that was not asked for
 */
public record BenchReport(
        String image,
        long pages,
        long zeroPages,
        int level,
        int threads,
        int repetitions,
        Double zstd1MbS,
        Double zstd1CpuMbS,
        List<Case> cases,
        List<SeedInput> seedInputs) {
    /** The base where the receiver has nothing. */
    public static final String NONE = "none";

    /** The base where the receiver has the very image: all pages are unchanged. */
    public static final String ITSELF = "itself";

    public BenchReport {
        cases = List.copyOf(cases);
        seedInputs = List.copyOf(seedInputs);
    }

    /**
     * What the receiver has, and what it takes to send the image to it.
     *
     * @param base {@link #NONE}, {@link #ITSELF}, or the file
     * @param hdeBytes of all batch messages, their headers included
     * @param scriptBytes those of them that are in no frame: scripts, digests, headers
     * @param encodeMbS on one core, by the clock
     * @param decodeMbS on one core, by the clock
     * @param encodeCpuMbS on one core, by processor time
     * @param decodeCpuMbS on one core, by processor time
     * @param packShare which part of the encoding's processor time is packing
     * @param threadsEncodeMbS with {@link BenchReport#threads}; null if that is 1
     * @param threadsRatio the same, divided by what one thread does in the same way; null if that is 1
     * @param tiers by the tier's name in lower case
     * @param algorithms of the frames, by name
     * @param estimate what was expected from a sample before
     * @param zstd what the zstd program makes of the same files, in the order of the option
     */
    public record Case(
            String base,
            long hdeBytes,
            long scriptBytes,
            double encodeMbS,
            double decodeMbS,
            double encodeCpuMbS,
            double decodeCpuMbS,
            double packShare,
            Double threadsEncodeMbS,
            Double threadsRatio,
            Map<String, Long> tiers,
            Map<String, Frames> algorithms,
            Estimated estimate,
            List<Zstd> zstd) {
        public Case {
            tiers = Map.copyOf(tiers);
            algorithms = Map.copyOf(algorithms);
            zstd = List.copyOf(zstd);
        }
    }

    /**
     * An input of the seed document, which is a periodic string and no guest memory.
     *
     * @param what it is
     * @param size bytes
     * @param seedBytes what the seed document says it needed
     * @param zstdBytes of {@code zstd -3}, without a baseline
     * @param hdeBytes of the library's encoder
     * @param verified whether another encoder decoded them to the input
     */
    public record SeedInput(
            String name, String what, int size, int seedBytes, int zstdBytes, int hdeBytes, boolean verified) {}

    /** Frames of one algorithm: {@code stored}, {@code zstd}, or {@code delta-} and the delta algorithm's name. */
    public record Frames(long frames, long pages, long bytes) {}

    /**
     * What a sample of the image's pages let expect.
     *
     * @param pages in the sample
     * @param bytes of all batch messages, expected
     * @param error their standard error, as far as the sample tells; null where it is too small to
     * @param ratio bytes expected divided by those that came
     */
    public record Estimated(int pages, long bytes, Long error, double ratio) {}

    /**
     * What {@code zstd -LEVEL --long=31} makes of the image, with {@code --patch-from} the base.
     *
     * @param ratio HDE's bytes divided by zstd's
     */
    public record Zstd(int level, long bytes, double ratio, double seconds) {}
}
