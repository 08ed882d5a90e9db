package io.novacron.hde.library;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name of data: the first 16 bytes of SHA-256 over it. It is what decoded data is checked against, and what names a
 * baseline.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
record DataName(long high, long low) {
    static final int BYTES = 16;

    /** The name of the first {@code length} bytes of a buffer. */
    static DataName of(ByteBuffer data, int length) {
        MessageDigest digest = sha256();
        digest.update(data.slice(0, length));
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        return new DataName(hash.getLong(), hash.getLong());
    }

    /** What stands for a key in an encoded form: the first eight bytes of SHA-256 over its UTF-8. */
    static long ofKey(String key) {
        return ByteBuffer.wrap(sha256().digest(key.getBytes(StandardCharsets.UTF_8)))
                .getLong();
    }

    /** What stands for a dictionary's content: the first four bytes of SHA-256 over it. */
    static int ofDictionary(byte[] content) {
        return ByteBuffer.wrap(sha256().digest(content)).getInt();
    }

    @Override
    public String toString() {
        HexFormat format = HexFormat.of();
        return format.toHexDigits(high) + format.toHexDigits(low);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java runtime has no SHA-256, which every one must have", e);
        }
    }
}
