package io.novacron.hde.library;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What an encoder has done since it was made; a picture of one moment.
 *
 * @param encoded calls of encode that returned
 * @param decoded calls of decode that returned
 * @param refused calls of decode that ended in {@link EncodedFormException}
 * @param bytesOriginal bytes of data encoded
 * @param bytesCompressed bytes of their encoded form
 * @param deltaHits encodings by means of a baseline, by the name of the algorithm
 * @param autoSelections those of them where {@code auto} chose the algorithm
 * @param baselines baselines held
 * @param baselineBytes bytes they take
 * @param baselineRefreshes baselines that took the place of another, in encoding
 * @param dictionaryUses encodings with a dictionary
 * @param dictionaryBytesSaved bytes by which those are smaller than without it
 * @param dictionariesTrained dictionaries trained that proved themselves
 * @param incompressibleSkips encodings in which data was stored as it is
 * @param encodeTimes how long encode took
 */
public record EncoderMetrics(
        long encoded,
        long decoded,
        long refused,
        long bytesOriginal,
        long bytesCompressed,
        Map<String, Long> deltaHits,
        long autoSelections,
        long baselines,
        long baselineBytes,
        long baselineRefreshes,
        long dictionaryUses,
        long dictionaryBytesSaved,
        long dictionariesTrained,
        long incompressibleSkips,
        Times encodeTimes) {
    /** Bytes of data that the encoded form did without; negative if it needed more. */
    public long bytesSaved() {
        return bytesOriginal - bytesCompressed;
    }

    /** Bytes of data for each byte of the encoded form; 1 when nothing has been encoded. */
    public double compressionRatio() {
        return bytesCompressed == 0 ? 1 : (double) bytesOriginal / bytesCompressed;
    }

    /** The share of encodings that were by means of a baseline, 0 to 1. */
    public double deltaHitRate() {
        long hits = deltaHits.values().stream().mapToLong(Long::longValue).sum();
        return encoded == 0 ? 0 : (double) hits / encoded;
    }

    /**
     * A histogram.
     *
     * @param bounds upper bounds, ascending; there is one count more, of what is above the last
     * @param counts how many lie at or below the bound of their place and above the one before
     * @param total all of them together
     */
    public record Times(List<Duration> bounds, List<Long> counts, Duration total) {}
}
