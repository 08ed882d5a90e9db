package io.novacron.hde.frame;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDictContentType;
import com.github.luben.zstd.ZstdDictDecompress;
import com.github.luben.zstd.ZstdException;

/**
 * A trained zstd dictionary (RFC 8878, "Dictionary Format"), known to be well formed. Immutable: its bytes are not copied,
 * and nobody may change them.
 *
 * <p>Its version is the Dictionary_ID in it, which zstd computes from its content when it is trained. Two dictionaries may
 * have the same version by chance or on purpose, so a version means something only within a channel.
 */
public final class FrameDictionary {
    /** No dictionary is larger. Bytes. */
    public static final int MAX_BYTES = 128 << 10;

    private final byte[] bytes;
    private final int version;

    private FrameDictionary(byte[] bytes, int version) {
        this.bytes = bytes;
        this.version = version;
    }

    /**
     * Checks a dictionary, wherever it comes from.
     *
     * @param bytes kept, not copied
     * @throws FrameException if they are no dictionary, one without a version, or one that is too large
     */
    public static FrameDictionary of(byte[] bytes) throws FrameException {
        if (bytes.length > MAX_BYTES) {
            throw new FrameException(
                    "A dictionary of " + bytes.length + " bytes; at most " + MAX_BYTES + " are possible");
        }
        int version = (int) Zstd.getDictIdFromDict(bytes);
        if (version == 0) {
            throw new FrameException("These " + bytes.length + " bytes are no dictionary: they have no version");
        }
        try {
            new ZstdDictDecompress(bytes, ZstdDictContentType.FULL_DICT).close();
            return new FrameDictionary(bytes, version);
        } catch (ZstdException | IllegalStateException e) {
            throw new FrameException("These " + bytes.length + " bytes are no dictionary: " + e.getMessage(), e);
        }
    }

    /** Its version: an unsigned number, never 0. */
    public int version() {
        return version;
    }

    /** The dictionary. Not a copy: not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /** What it is, for logs; nothing of the content. */
    @Override
    public String toString() {
        return "dictionary version " + Integer.toUnsignedString(version) + " of " + bytes.length + " bytes";
    }
}
