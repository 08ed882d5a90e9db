package io.novacron.hde.baseline;

import java.util.HexFormat;

/**
 * What a baseline is known by: SHA-256 over its layout and, by way of a tree, its PageIds. Two hosts with the same root
 * know the same memory.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Root(String hex) {
    /** Bytes in a root. */
    public static final int BYTES = 32;

    public Root {
        if (hex.length() != 2 * BYTES || !hex.equals(HexFormat.of().formatHex(parse(hex)))) {
            throw new IllegalArgumentException("A root is " + 2 * BYTES + " lower-case hexadecimal digits");
        }
    }

    /** The root of 32 bytes. */
    public static Root of(byte[] bytes) {
        return new Root(HexFormat.of().formatHex(bytes));
    }

    /** The 32 bytes. */
    public byte[] bytes() {
        return parse(hex);
    }

    /** The 64 digits. */
    @Override
    public String toString() {
        return hex;
    }

    private static byte[] parse(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
