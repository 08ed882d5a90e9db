package io.novacron.hde.codec;

import io.novacron.hde.qemu.stream.RamBlock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a batch's script, joining what can be joined into runs. One thread, one batch at a time. */
final class ScriptWriter {
    /** The most bytes that one operation takes beside the stream bytes in it. */
    static final int MAX_OPERATION_BYTES = 32;

    private final ByteBuffer out;

    // the run being joined; its type is 0 when there is none
    private int runType;
    private boolean runNamed;
    private int runBlock;
    private long runPage;
    private long runCount;
    private long runNumber;

    // the reader's state after what has been written
    private int block;
    private long page;
    private long number;

    ScriptWriter(int capacity) {
        out = ByteBuffer.allocateDirect(capacity);
    }

    void begin() {
        out.clear();
        runType = 0;
        block = 0;
        page = 0;
        number = 0;
    }

    boolean isEmpty() {
        return runType == 0 && out.position() == 0;
    }

    /** Bytes that can still be written, a run being joined included. */
    int remaining() {
        return out.remaining() - 2 * MAX_OPERATION_BYTES;
    }

    byte[] finish() {
        endRun();
        byte[] script = new byte[out.position()];
        out.get(0, script);
        return script;
    }

    /** From here on the pages of this script have no records around them. */
    void bare() {
        endRun();
        out.put((byte) ScriptFormat.BARE);
    }

    void verbatim(ByteBuffer bytes, int position, int length) {
        endRun();
        out.put((byte) ScriptFormat.VERBATIM);
        Leb128.putUnsigned(out, length);
        copy(bytes, position, length);
    }

    void blocks(List<RamBlock> blocks) {
        endRun();
        out.put((byte) ScriptFormat.BLOCKS);
        Leb128.putUnsigned(out, blocks.size());
        for (RamBlock ramBlock : blocks) {
            byte[] name = ramBlock.name().getBytes(StandardCharsets.ISO_8859_1);
            Leb128.putUnsigned(out, name.length);
            out.put(name);
            Leb128.putUnsigned(out, ramBlock.usedLength());
        }
    }

    static int blocksLength(List<RamBlock> blocks) {
        int length = MAX_OPERATION_BYTES;
        for (RamBlock block : blocks) {
            length += block.name().length() + 2 * MAX_OPERATION_BYTES;
        }
        return length;
    }

    /** A ZERO, KEPT, NEW or DELTA record. */
    void record(int type, int atBlock, long atPage, boolean named) {
        if (joins(type, atBlock, atPage, named)) {
            runCount++;
        } else {
            startRun(type, atBlock, atPage, named);
        }
    }

    void known(int atBlock, long atPage, boolean named, long atNumber) {
        if (joins(ScriptFormat.KNOWN, atBlock, atPage, named) && atNumber == runNumber + runCount) {
            runCount++;
        } else {
            startRun(ScriptFormat.KNOWN, atBlock, atPage, named);
            runNumber = atNumber;
        }
    }

    void opaque(int atBlock, long atPage, ByteBuffer bytes, int position, int length) {
        startRun(ScriptFormat.OPAQUE, atBlock, atPage, false);
        endRun();
        Leb128.putUnsigned(out, length);
        copy(bytes, position, length);
    }

    private boolean joins(int type, int atBlock, long atPage, boolean named) {
        return runType == type && !named && atBlock == runBlock && atPage == runPage + runCount;
    }

    private void startRun(int type, int atBlock, long atPage, boolean named) {
        endRun();
        runType = type;
        runBlock = atBlock;
        runPage = atPage;
        runNamed = named;
        runCount = 1;
    }

    private void endRun() {
        if (runType == 0) {
            return;
        }
        int operation = runType;
        long expected = runBlock == block ? page : 0;
        operation |= runNamed ? ScriptFormat.NAMED : 0;
        operation |= runBlock == block ? 0 : ScriptFormat.BLOCK;
        operation |= runPage == expected ? 0 : ScriptFormat.MOVED;
        operation |= runCount == 1 ? ScriptFormat.SINGLE : 0;
        out.put((byte) operation);
        if (runBlock != block) {
            Leb128.putUnsigned(out, runBlock);
        }
        if (runPage != expected) {
            Leb128.putSigned(out, runPage - expected);
        }
        if (runCount != 1) {
            Leb128.putUnsigned(out, runCount);
        }
        if (runType == ScriptFormat.KNOWN) {
            Leb128.putSigned(out, runNumber - number);
            number = runNumber + runCount;
        }
        block = runBlock;
        page = runPage + runCount;
        runType = 0;
    }

    private void copy(ByteBuffer bytes, int position, int length) {
        out.put(out.position(), bytes, position, length);
        out.position(out.position() + length);
    }
}
