package io.novacron.hde.library;

import io.novacron.hde.delta.DeltaAlgorithms;
import java.time.Duration;
import java.util.Objects;

/**
 * How an encoder works. A decoder needs none of these but the two bounds, and may have others than the encoder.
 *
 * @param baselineInterval after which data becomes the key's baseline in place of the last; zero: with every encoding
 * @param maxBaselineAge above which a baseline is not used for encoding any more
 * @param maxDeltaChain baselines encoded one by means of the other, before one is encoded by itself again
 * @param compressionLevel zstd's, 1 to 22
 * @param enableDictionary whether samples are taken and dictionaries used
 * @param deltaAlgorithm {@code auto}, or the name of one, e.g. {@code xor}
 * @param minCompressionRatio data bytes / encoded bytes below which data is stored as it is
 * @param targetRatio data bytes / encoded bytes from which on no alternative is tried any more
 * @param maxBaselineBytes memory for the baselines of all keys; the least recently used go first
 * @param maxDataBytes the longest data that is encoded or decoded
 * @param maxSamples samples for training; the oldest go first
 * @param minSampleSize bytes below which data is no sample
 * @param maxDictSize bytes of a trained dictionary
 */
public record EncoderOptions(
        Duration baselineInterval,
        Duration maxBaselineAge,
        int maxDeltaChain,
        int compressionLevel,
        boolean enableDictionary,
        String deltaAlgorithm,
        double minCompressionRatio,
        double targetRatio,
        long maxBaselineBytes,
        int maxDataBytes,
        int maxSamples,
        int minSampleSize,
        int maxDictSize) {
    /** The {@link #deltaAlgorithm} that chooses by size and by what was smallest of late. */
    public static final String AUTO = "auto";

    private static final int MOST_LEVEL = 22;
    private static final int LEAST_DICTIONARY = 256;
    // As nanoseconds in a long there are no more than three times this.
    private static final Duration LONGEST = Duration.ofDays(36_500);

    /**
     * Checks all values.
     *
     * @throws IllegalArgumentException if one is out of its range, with its name
     */
    public EncoderOptions {
        Objects.requireNonNull(baselineInterval, "baselineInterval");
        Objects.requireNonNull(maxBaselineAge, "maxBaselineAge");
        check(isTime(baselineInterval), "baselineInterval", baselineInterval);
        check(isTime(maxBaselineAge), "maxBaselineAge", maxBaselineAge);
        check(maxDeltaChain >= 0, "maxDeltaChain", maxDeltaChain);
        check(compressionLevel >= 1 && compressionLevel <= MOST_LEVEL, "compressionLevel", compressionLevel);
        check(
                AUTO.equals(deltaAlgorithm)
                        || DeltaAlgorithms.byWord(deltaAlgorithm).isPresent(),
                "deltaAlgorithm",
                deltaAlgorithm);
        check(minCompressionRatio >= 1, "minCompressionRatio", minCompressionRatio);
        check(targetRatio >= 1, "targetRatio", targetRatio);
        check(maxBaselineBytes >= 0, "maxBaselineBytes", maxBaselineBytes);
        check(maxDataBytes >= 0 && maxDataBytes <= 1 << 30, "maxDataBytes", maxDataBytes);
        check(maxSamples >= 0, "maxSamples", maxSamples);
        check(minSampleSize >= 1, "minSampleSize", minSampleSize);
        check(maxDictSize >= LEAST_DICTIONARY, "maxDictSize", maxDictSize);
    }

    /** All defaults. */
    public static EncoderOptions defaults() {
        return builder().build();
    }

    /** A builder that holds the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    private static boolean isTime(Duration time) {
        return !time.isNegative() && time.compareTo(LONGEST) <= 0;
    }

    private static void check(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " cannot be " + value);
        }
    }

    /** Options one by one; each method sets the component of its name. */
    public static final class Builder {
        private Duration baselineInterval = Duration.ofMinutes(5);
        private Duration maxBaselineAge = Duration.ofMinutes(15);
        private int maxDeltaChain = 10;
        private int compressionLevel = 3;
        private boolean enableDictionary = true;
        private String deltaAlgorithm = AUTO;
        private double minCompressionRatio = 1.1;
        private double targetRatio = 15;
        private long maxBaselineBytes = 64 << 20;
        private int maxDataBytes = 64 << 20;
        private int maxSamples = 1000;
        private int minSampleSize = 1024;
        private int maxDictSize = 131_072;

        private Builder() {}

        /** See {@link EncoderOptions#baselineInterval}. */
        public Builder baselineInterval(Duration value) {
            baselineInterval = value;
            return this;
        }

        /** See {@link EncoderOptions#maxBaselineAge}. */
        public Builder maxBaselineAge(Duration value) {
            maxBaselineAge = value;
            return this;
        }

        /** See {@link EncoderOptions#maxDeltaChain}. */
        public Builder maxDeltaChain(int value) {
            maxDeltaChain = value;
            return this;
        }

        /** See {@link EncoderOptions#compressionLevel}. */
        public Builder compressionLevel(int value) {
            compressionLevel = value;
            return this;
        }

        /** See {@link EncoderOptions#enableDictionary}. */
        public Builder enableDictionary(boolean value) {
            enableDictionary = value;
            return this;
        }

        /** See {@link EncoderOptions#deltaAlgorithm}. */
        public Builder deltaAlgorithm(String value) {
            deltaAlgorithm = value;
            return this;
        }

        /** See {@link EncoderOptions#minCompressionRatio}. */
        public Builder minCompressionRatio(double value) {
            minCompressionRatio = value;
            return this;
        }

        /** See {@link EncoderOptions#targetRatio}. */
        public Builder targetRatio(double value) {
            targetRatio = value;
            return this;
        }

        /** See {@link EncoderOptions#maxBaselineBytes}. */
        public Builder maxBaselineBytes(long value) {
            maxBaselineBytes = value;
            return this;
        }

        /** See {@link EncoderOptions#maxDataBytes}. */
        public Builder maxDataBytes(int value) {
            maxDataBytes = value;
            return this;
        }

        /** See {@link EncoderOptions#maxSamples}. */
        public Builder maxSamples(int value) {
            maxSamples = value;
            return this;
        }

        /** See {@link EncoderOptions#minSampleSize}. */
        public Builder minSampleSize(int value) {
            minSampleSize = value;
            return this;
        }

        /** See {@link EncoderOptions#maxDictSize}. */
        public Builder maxDictSize(int value) {
            maxDictSize = value;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException if one is out of its range
         */
        public EncoderOptions build() {
            return new EncoderOptions(
                    baselineInterval,
                    maxBaselineAge,
                    maxDeltaChain,
                    compressionLevel,
                    enableDictionary,
                    deltaAlgorithm,
                    minCompressionRatio,
                    targetRatio,
                    maxBaselineBytes,
                    maxDataBytes,
                    maxSamples,
                    minSampleSize,
                    maxDictSize);
        }
    }
}
