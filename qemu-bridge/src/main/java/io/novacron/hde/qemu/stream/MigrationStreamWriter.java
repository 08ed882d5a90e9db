package io.novacron.hde.qemu.stream;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes the migration stream into the caller's buffers, at their position.
 *
 * <p>The first group of methods mirrors {@link StreamHandler}: called with what the reader reported, they write the
 * bytes it read. The second group writes what surrounds the records, for whole streams that a QEMU loads, as long as
 * the machine type is 2.4 or later and all its blocks are listed. Every method throws {@link BufferOverflowException} if the buffer has too little room,
 * before it has written anything. Big-endian, whatever the buffer's byte order.
 */
public final class MigrationStreamWriter {
    /** The longest PAGE record: word, the longest str8, the page. */
    public static final int MAX_PAGE_RECORD = 8 + 256 + Wire.PAGE_SIZE;

    /** EOS and footer. */
    private static final int SECTION_END_LENGTH = 8 + 5;

    private BlockTable blocks = BlockTable.EMPTY;

    /** Says what the numbers of blocks in later calls stand for. Writes nothing. */
    public void blocks(List<RamBlock> list) {
        blocks = new BlockTable(list);
    }

    /** Writes bytes that stand for themselves. */
    public void verbatim(ByteBuffer out, ByteBuffer bytes, int position, int length) {
        int at = reserve(out, length);
        out.put(at, bytes, position, length);
    }

    /**
     * Writes the header of a PAGE record and leaves room for the page.
     *
     * @return where the page's 4096 bytes go in {@code out}; its position is already behind them
     */
    public int beginPage(ByteBuffer out, int block, long offset, boolean named) {
        int length = pageRecordLength(block, named);
        int at = reserve(out, length);
        putHeader(out, at, block, offset, Wire.RAM_PAGE, named);
        return at + length - Wire.PAGE_SIZE;
    }

    /** Writes a ZERO record with fill byte 0. */
    public void zeroPage(ByteBuffer out, int block, long offset, boolean named) {
        int length = zeroRecordLength(block, named);
        int at = reserve(out, length);
        putHeader(out, at, block, offset, Wire.RAM_ZERO, named);
        out.put(at + length - 1, (byte) 0);
    }

    /**
     * Leaves room for a multifd channel's page.
     *
     * @return as {@link #beginPage}
     */
    public int beginBarePage(ByteBuffer out) {
        return reserve(out, Wire.PAGE_SIZE);
    }

    /** Bytes of a PAGE record: 4104, and the block's name if it is named. */
    public int pageRecordLength(int block, boolean named) {
        return headerLength(block, named) + Wire.PAGE_SIZE;
    }

    /** Bytes of a ZERO record: 9, and the block's name if it is named. */
    public int zeroRecordLength(int block, boolean named) {
        return headerLength(block, named) + 1;
    }

    /** Writes the beginning of a stream: magic, version, and the configuration section with the machine's name. */
    public void header(ByteBuffer out, String machine) {
        byte[] name = machine.getBytes(StandardCharsets.ISO_8859_1);
        int at = reserve(out, 8 + 1 + 4 + name.length);
        putInt(out, at, Wire.MAGIC);
        putInt(out, at + 4, Wire.VERSION);
        out.put(at + 8, (byte) Wire.CONFIGURATION);
        putInt(out, at + 9, name.length);
        out.put(at + 13, name);
    }

    /** Writes COMMAND OPEN_RETURN_PATH and, as QEMU does, PING 1. */
    public void openReturnPath(ByteBuffer out) {
        int at = reserve(out, 5 + 9);
        putCommand(out, at, Wire.CMD_OPEN_RETURN_PATH, 0);
        putCommand(out, at + 5, Wire.CMD_PING, 4);
        putInt(out, at + 10, 1);
    }

    /** Writes RAM's SECTION_START with the list of the blocks, and takes them as with {@link #blocks}. */
    public void ramStart(ByteBuffer out, int sectionId, List<RamBlock> list) {
        blocks(list);
        long total = 0;
        int length = 17 + 8 + SECTION_END_LENGTH;
        for (int i = 0; i < list.size(); i++) {
            total += list.get(i).usedLength();
            length += blocks.str8(i).length + 8;
        }
        int at = reserve(out, length);
        putSection(out, at, Wire.SECTION_START, sectionId);
        out.put(at + 5, Wire.str8("ram"));
        putInt(out, at + 9, 0);
        putInt(out, at + 13, Wire.RAM_VERSION);
        putLong(out, at + 17, total | Wire.RAM_MEM_SIZE);
        at += 25;
        for (int i = 0; i < list.size(); i++) {
            byte[] name = blocks.str8(i);
            out.put(at, name);
            putLong(out, at + name.length, list.get(i).usedLength());
            at += name.length + 8;
        }
        putSectionEnd(out, at, sectionId);
    }

    /** Writes the beginning of a SECTION_PART of RAM; records and {@link #endRamSection} follow. */
    public void beginRamPart(ByteBuffer out, int sectionId) {
        putSection(out, reserve(out, 5), Wire.SECTION_PART, sectionId);
    }

    /** Writes the beginning of RAM's SECTION_END; records and {@link #endRamSection} follow. */
    public void beginRamEnd(ByteBuffer out, int sectionId) {
        putSection(out, reserve(out, 5), Wire.SECTION_END, sectionId);
    }

    /** Writes the record MULTIFD_FLUSH. */
    public void multifdFlush(ByteBuffer out) {
        putLong(out, reserve(out, 8), Wire.RAM_MULTIFD_FLUSH);
    }

    /** Writes the record EOS and the section's footer. */
    public void endRamSection(ByteBuffer out, int sectionId) {
        putSectionEnd(out, reserve(out, SECTION_END_LENGTH), sectionId);
    }

    /** Writes the end of the sections and the description of the device state. */
    public void end(ByteBuffer out, String vmDescription) {
        byte[] json = vmDescription.getBytes(StandardCharsets.UTF_8);
        int at = reserve(out, 1 + 5 + json.length);
        out.put(at, (byte) Wire.EOF);
        putSection(out, at + 1, Wire.VM_DESCRIPTION, json.length);
        out.put(at + 6, json);
    }

    private int headerLength(int block, boolean named) {
        return named ? 8 + blocks.str8(block).length : 8;
    }

    private void putHeader(ByteBuffer out, int at, int block, long offset, int flag, boolean named) {
        putLong(out, at, offset | flag | (named ? 0 : Wire.RAM_CONTINUE));
        if (named) {
            out.put(at + 8, blocks.str8(block));
        }
    }

    private static void putCommand(ByteBuffer out, int at, int command, int length) {
        out.put(at, (byte) Wire.COMMAND);
        putInt(out, at + 1, command << 16 | length);
    }

    private static void putSectionEnd(ByteBuffer out, int at, int sectionId) {
        putLong(out, at, Wire.RAM_EOS);
        putSection(out, at + 8, Wire.SECTION_FOOTER, sectionId);
    }

    private static void putSection(ByteBuffer out, int at, int type, int id) {
        out.put(at, (byte) type);
        putInt(out, at + 1, id);
    }

    private static int reserve(ByteBuffer out, int length) {
        if (out.remaining() < length) {
            throw new BufferOverflowException();
        }
        int at = out.position();
        out.position(at + length);
        return at;
    }

    private static void putInt(ByteBuffer out, int at, int value) {
        out.putInt(at, out.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value));
    }

    private static void putLong(ByteBuffer out, int at, long value) {
        out.putLong(at, out.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value));
    }
}
