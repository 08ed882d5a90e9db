package io.novacron.hde.page;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The name of a page's content: the first 16 bytes of SHA-256 over its 4096 bytes, as two big-endian halves.
 *
 * <p>SHA-256 because a guest controls the content: with a hash whose collisions can be made, one guest could have its
 * page put in place of another's.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record PageId(long high, long low) {
    /** Bytes in a PageId. */
    public static final int BYTES = 16;

    /** No page: the value of a place in a table about which nothing is known. */
    public static final PageId ABSENT = new PageId(0, 0);

    /** The name of 4096 zero bytes. */
    public static final PageId ZERO_PAGE = new PageId(0xad7facb2586fc6e9L, 0x66c004d7d1d16b02L);

    /** Whether this is {@link #ABSENT}. */
    public boolean isAbsent() {
        return high == 0 && low == 0;
    }

    /**
     * Reads 32 hexadecimal digits.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static PageId parse(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException(
                    "A PageId is " + 2 * BYTES + " hexadecimal digits, not " + hex.length() + " characters");
        }
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        return new PageId(bytes.getLong(), bytes.getLong());
    }

    /** The 32 hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat format = HexFormat.of();
        return format.toHexDigits(high) + format.toHexDigits(low);
    }
}
