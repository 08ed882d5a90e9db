package io.novacron.hde.frame;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The form of a frame in the page store. Big-endian:
 *
 * <pre>
 *  0  u8   version of this form, 1
 *  1  u8   kind
 *  2  u8   algorithm
 *  3  u8   depth
 *  4  u16  pages
 *  6  u16  0
 *  8  u32  version of a dictionary; 0, because none is needed to read the store
 * 12  u32  bytes of payload
 * 16  u32  CRC32C over everything else
 * 20  16 bytes a page: the PageIds
 *     16 bytes a page: the PageIds of the bases, if the kind is DELTA
 *     the payload
 * </pre>
 *
 * <p>A reader refuses a version it does not know; a field that is 0 here gets a meaning only with a new version.
 */
public final class FrameFormat {
    /** The version written, and the only one read. */
    public static final byte VERSION = 1;

    private static final int HEADER = 20;
    private static final int CRC = 16;
    private static final int ID_BYTES = 16;

    private FrameFormat() {}

    /** Bytes that a frame takes. */
    public static int length(Frame frame) {
        return HEADER + frame.count() * ID_BYTES * idTables(frame.kind()) + frame.payloadLength();
    }

    /**
     * A frame as bytes.
     *
     * @throws IllegalArgumentException if it needs a dictionary
     */
    public static byte[] write(Frame frame) {
        if (frame.dictionary() != 0) {
            throw new IllegalArgumentException("A frame that needs a dictionary is not stored: " + frame);
        }
        byte[] bytes = new byte[length(frame)];
        ByteBuffer to = ByteBuffer.wrap(bytes);
        to.put(VERSION).put(frame.kind()).put(frame.algorithm()).put((byte) frame.depth());
        to.putShort((short) frame.count()).putShort((short) 0);
        to.putInt(0).putInt(frame.payloadLength()).putInt(0);
        for (int slot = 0; slot < frame.count(); slot++) {
            to.putLong(frame.idHigh(slot)).putLong(frame.idLow(slot));
        }
        if (frame.kind() == Frame.DELTA) {
            for (int slot = 0; slot < frame.count(); slot++) {
                to.putLong(frame.baseHigh(slot)).putLong(frame.baseLow(slot));
            }
        }
        to.put(frame.payload(), 0, frame.payloadLength());
        to.putInt(CRC, crc(bytes));
        return bytes;
    }

    /**
     * Reads a frame; the checksum has been found right.
     *
     * @throws FrameException if the bytes are no frame, a damaged one, or one of another version
     */
    public static Frame read(byte[] bytes) throws FrameException {
        if (bytes.length < HEADER) {
            throw new FrameException("A stored frame has " + bytes.length + " bytes, which is less than its header");
        }
        ByteBuffer from = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
        byte version = from.get();
        if (version != VERSION) {
            throw new FrameException("A stored frame has version " + version + ", and this release reads " + VERSION);
        }
        byte kind = from.get();
        byte algorithm = from.get();
        int depth = Byte.toUnsignedInt(from.get());
        int count = Short.toUnsignedInt(from.getShort());
        int reserved = from.getShort();
        int dictionary = from.getInt();
        int payloadLength = from.getInt();
        int crc = from.getInt();
        if ((kind != Frame.PAGES && kind != Frame.DELTA) || count < 1 || count > Frame.MAX_PAGES || reserved != 0) {
            throw new FrameException("A stored frame's header is damaged");
        }
        int idsLength = count * ID_BYTES * idTables(kind);
        if (payloadLength < 1
                || payloadLength > count * Page.SIZE
                || bytes.length != HEADER + idsLength + payloadLength) {
            throw new FrameException("A stored frame has " + bytes.length + " bytes, which its header contradicts");
        }
        if (crc != crc(bytes)) {
            throw new FrameException("A stored frame's checksum is wrong");
        }
        if (dictionary != 0) {
            throw new FrameException("A stored frame needs dictionary version " + Integer.toUnsignedString(dictionary)
                    + ", and this release stores none that do");
        }
        long[] ids = readIds(from, count);
        long[] baseIds = kind == Frame.DELTA ? readIds(from, count) : new long[0];
        byte[] payload = new byte[payloadLength];
        from.get(payload);
        try {
            return kind == Frame.PAGES
                    ? Frame.pages(algorithm, count, payload, ids)
                    : Frame.delta(algorithm, count, payload, ids, baseIds, depth);
        } catch (IllegalArgumentException e) {
            throw new FrameException("A stored frame contradicts itself: " + e.getMessage(), e);
        }
    }

    private static int idTables(byte kind) {
        return kind == Frame.DELTA ? 2 : 1;
    }

    private static long[] readIds(ByteBuffer from, int count) {
        long[] ids = new long[2 * count];
        from.asLongBuffer().get(ids);
        from.position(from.position() + count * ID_BYTES);
        return ids;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CRC);
        crc.update(bytes, HEADER, bytes.length - HEADER);
        return (int) crc.getValue();
    }
}
