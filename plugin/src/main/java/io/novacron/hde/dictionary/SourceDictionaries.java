package io.novacron.hde.dictionary;

import io.novacron.hde.frame.FrameDictionary;
import java.util.Optional;

/**
 * What the packers of a source channel need of dictionaries.
 *
 * @param memory the dictionary for small frames that the destination has too
 * @param samples takes the new pages that cross
 */
public record SourceDictionaries(Optional<FrameDictionary> memory, PageSamples samples) {
    /** Neither uses a dictionary nor takes samples. */
    public static final SourceDictionaries NONE = new SourceDictionaries(Optional.empty(), new PageSamples(0));
}
