package io.novacron.hde.codec;

import io.novacron.hde.qemu.stream.RamBlock;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a batch's script, one operation at a time. It checks the form; whether a place or a number exists is the
 * caller's to check. One thread.
 */
final class ScriptReader {
    /** As many as QEMU could ever have; a bound on what a hostile peer makes us allocate. */
    private static final int MAX_BLOCKS = 4096;

    private final ByteBuffer script;
    private int type;
    private boolean named;
    private int block;
    private long page;
    private long count;
    private long number;
    private int length;
    private List<RamBlock> blocks = List.of();
    private boolean blocksRead;
    private boolean bare;

    // where the next record is expected
    private long nextPage;
    private long nextNumber;

    /** @param script from its position to its limit */
    ScriptReader(ByteBuffer script) {
        this.script = script;
    }

    /**
     * Goes on to the next operation. The bytes of a VERBATIM or OPAQUE one lie at the script's position and are skipped
     * by the next call.
     *
     * @return false at the end
     */
    boolean next() throws CodecException {
        try {
            script.position(script.position() + length);
            length = 0;
            if (!script.hasRemaining()) {
                return false;
            }
            int operation = script.get();
            type = operation & ScriptFormat.TYPE_MASK;
            switch (type) {
                case ScriptFormat.VERBATIM -> readLength();
                case ScriptFormat.BLOCKS -> readBlocks();
                case ScriptFormat.BARE -> bare = true;
                case ScriptFormat.ZERO,
                        ScriptFormat.KEPT,
                        ScriptFormat.KNOWN,
                        ScriptFormat.NEW,
                        ScriptFormat.DELTA,
                        ScriptFormat.OPAQUE -> readRun(operation);
                default -> throw new CodecException("a script's operation of unknown type " + type);
            }
            return true;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CodecException("a script ends within an operation", e);
        }
    }

    /** Whether pages have no records around them from here on. */
    boolean bare() {
        return bare;
    }

    private void readRun(int operation) throws CodecException {
        named = (operation & ScriptFormat.NAMED) != 0;
        if ((operation & ScriptFormat.BLOCK) != 0) {
            block = small(Leb128.unsigned(script), MAX_BLOCKS);
            nextPage = 0;
        }
        page = nextPage + ((operation & ScriptFormat.MOVED) != 0 ? Leb128.signed(script) : 0);
        count = (operation & ScriptFormat.SINGLE) != 0 ? 1 : Leb128.unsigned(script);
        if (page < 0 || count < 1 || count > Long.MAX_VALUE / 2 || page > Long.MAX_VALUE / 2) {
            throw new CodecException("a script's run of " + count + " records at page " + page);
        }
        if (type == ScriptFormat.KNOWN) {
            number = nextNumber + Leb128.signed(script);
            nextNumber = number + count;
        } else if (type == ScriptFormat.OPAQUE) {
            readLength();
        }
        nextPage = page + count;
    }

    private void readLength() throws CodecException {
        length = small(Leb128.unsigned(script), script.remaining());
    }

    private void readBlocks() throws CodecException {
        if (blocksRead) {
            // A stream has one list, and each costs the reader a table: a few bytes of script must not make thousands.
            throw new CodecException("a script with two lists of RAM blocks");
        }
        blocksRead = true;
        int blockCount = small(Leb128.unsigned(script), MAX_BLOCKS);
        List<RamBlock> read = new ArrayList<>();
        for (int i = 0; i < blockCount; i++) {
            byte[] name = new byte[small(Leb128.unsigned(script), 255)];
            script.get(name);
            long usedLength = Leb128.unsigned(script);
            if (usedLength < 0) {
                throw new CodecException("a RAM block of " + Long.toUnsignedString(usedLength) + " bytes");
            }
            read.add(new RamBlock(new String(name, StandardCharsets.ISO_8859_1), usedLength));
        }
        blocks = List.copyOf(read);
    }

    private static int small(long value, int limit) throws CodecException {
        if (value < 0 || value > limit) {
            throw new CodecException(
                    "a script's number is " + Long.toUnsignedString(value) + "; at most " + limit + " is possible");
        }
        return (int) value;
    }

    int type() {
        return type;
    }

    boolean named() {
        return named;
    }

    int block() {
        return block;
    }

    long page() {
        return page;
    }

    long count() {
        return count;
    }

    long number() {
        return number;
    }

    /** Where the bytes of a VERBATIM or OPAQUE operation begin. */
    int dataPosition() {
        return script.position();
    }

    int dataLength() {
        return length;
    }

    List<RamBlock> blocks() {
        return blocks;
    }
}
