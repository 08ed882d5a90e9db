package io.novacron.hde.frame;

/**
 * Compressed pages, at the beginning of an array that may be longer.
 *
 * @param bytes not copied
 * @param length how many of them count
 */
@SuppressWarnings("ArrayRecordComponent")
public record Payload(byte[] bytes, int length) {
    /** All of an array. */
    public Payload(byte[] bytes) {
        this(bytes, bytes.length);
    }

    @Override
    public String toString() {
        return length + " bytes of payload";
    }
}
