package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/**
 * How a channel that has ended came to its figures.
 *
 * @param report these
 * @param channel 0 for the first connection of its migration, 1 for the next, …
 * @param points in the order of time; at most 256
 * @param map how each region of the memory crossed; null at the destination, and where the stream was not understood
 */
public record ChannelCourse(ChannelReport report, int channel, List<Point> points, Map map) {
    public ChannelCourse {
        points = points == null ? List.of() : List.copyOf(points);
    }

    /**
     * The figures at one moment, each since the channel began; in JSON a list, in this order.
     *
     * @param millis since the channel began
     * @param zero pages of tier zero; likewise the next five
     * @param deltaBytes what pages in frames of deltas took on the wire; at the source
     * @param newBytes what pages in compressed frames took; at the source
     * @param rawBytes what pages in frames that are not compressed took; at the source
     * @param rounds of memory that QEMU has begun; at the source
     * @param linkBytesPerSecond what the link took lately; at the source
     */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    @JsonPropertyOrder({
        "millis",
        "stream_bytes",
        "wire_bytes",
        "zero",
        "kept",
        "known",
        "delta",
        "new",
        "raw",
        "delta_bytes",
        "new_bytes",
        "raw_bytes",
        "rounds",
        "link_bytes_per_second"
    })
    public record Point(
            long millis,
            long streamBytes,
            long wireBytes,
            long zero,
            long kept,
            long known,
            long delta,
            @JsonProperty("new") long newPages,
            long raw,
            long deltaBytes,
            long newBytes,
            long rawBytes,
            int rounds,
            long linkBytesPerSecond) {}

    /**
     * The guest's memory by regions (cells).
     *
     * @param blocks RAM blocks, in the order of their cells
     * @param pagesPerCell 4 KiB pages in a region; the last one of a block may have fewer
     * @param tiers for each cell one character, the tier by which most of its pages crossed: 0 zero, 1 kept, 2 known, 3
     *     delta, 4 new or raw, 5 raw because it could not be read, . none
     * @param times for each cell one digit: how often its pages crossed on average, 9 for that and more
     */
    public record Map(List<Block> blocks, int pagesPerCell, String tiers, String times) {
        public Map {
            blocks = List.copyOf(blocks);
        }
    }

    /**
     * A RAM block, or a disk.
     *
     * @param bytes its length
     * @param cells how many regions
     */
    public record Block(String name, long bytes, int cells) {}
}
