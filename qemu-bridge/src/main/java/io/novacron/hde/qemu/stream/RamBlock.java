package io.novacron.hde.qemu.stream;

import java.nio.charset.StandardCharsets;

/**
 * One RAM block of the guest, as the MEM_SIZE list of the stream names it (QEMU: {@code migration/ram.c},
 * ram_save_setup).
 *
 * @param name QEMU's idstr, for example {@code pc.ram}: 1 to 255 bytes, read and written as ISO 8859-1 so that any
 *     bytes survive
 * @param usedLength bytes in use, a multiple of the page size
 */
public record RamBlock(String name, long usedLength) {
    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException if the name does not fit a str8, or the length is negative or no multiple of
     *     the page size
     */
    public RamBlock {
        if (name.isEmpty()
                || name.length() > Wire.MAX_STR8
                || !StandardCharsets.ISO_8859_1.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException("RAM block name must be 1 to 255 bytes, not \"" + name + "\"");
        }
        if (usedLength < 0 || usedLength % Wire.PAGE_SIZE != 0) {
            throw new IllegalArgumentException(
                    "RAM block " + name + ": used length " + usedLength + " is not a multiple of " + Wire.PAGE_SIZE);
        }
    }
}
