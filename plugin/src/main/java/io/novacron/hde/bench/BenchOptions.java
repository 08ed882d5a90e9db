package io.novacron.hde.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What is to be measured.
 *
 * @param image guest memory as it is, a multiple of 4096 bytes
 * @param bases images that the receiver has, each for a case of its own
 * @param zstdLevels levels at which the zstd program is given the same; none, and it is not run
 * @param level zstd's level in the codec
 * @param threads for the source's half; with 1 only the one-core figures are measured
 * @param seedInputs whether the four periodic strings of the seed document are measured, too
 * @param repetitions timed runs, of which the median counts
 * @param directory where temporary files go: the image's pages that are not zero, and the bases', compressed
 */
public record BenchOptions(
        Path image,
        List<Path> bases,
        List<Integer> zstdLevels,
        int level,
        int threads,
        boolean seedInputs,
        int repetitions,
        Path directory) {
    public BenchOptions {
        bases = List.copyOf(bases);
        zstdLevels = List.copyOf(zstdLevels);
    }
}
