package io.novacron.hde.library;

import java.util.Objects;

/**
 * A zstd dictionary with the version by which the encoded form names it. Which versions the other side holds is for the
 * caller to know.
 *
 * @param version 0 or more, of the caller's choice
 * @param content as zstd's trainer makes it; not changed by anybody after this
 */
@SuppressWarnings("ArrayRecordComponent") // compared by name() only
public record TrainedDictionary(int version, byte[] content) {
    /**
     * A dictionary that was trained before.
     *
     * @throws IllegalArgumentException if the version is negative
     */
    public TrainedDictionary {
        if (version < 0) {
            throw new IllegalArgumentException("A dictionary's version cannot be " + version);
        }
        Objects.requireNonNull(content, "content");
    }

    EncodedForm.DictionaryName name() {
        return new EncodedForm.DictionaryName(version, DataName.ofDictionary(content));
    }
}
