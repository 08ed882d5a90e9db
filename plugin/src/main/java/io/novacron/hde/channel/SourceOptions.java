package io.novacron.hde.channel;

import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.dictionary.SourceDictionaries;
import java.util.OptionalInt;

/**
 * How a source channel works.
 *
 * @param pack for its packers
 * @param level zstd's level, or empty to choose it by measurement
 * @param spareProcessors how many processors the channel may count on
 * @param linkRate bytes a second that the link carried the last time; 0 if that is not known
 * @param verifyStream whether to hash every byte of the stream
 * @param dictionaries for its packers
 */
public record SourceOptions(
        PackOptions pack,
        OptionalInt level,
        SpareProcessors spareProcessors,
        double linkRate,
        boolean verifyStream,
        SourceDictionaries dictionaries) {}
