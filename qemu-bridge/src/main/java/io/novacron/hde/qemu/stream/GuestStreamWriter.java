package io.novacron.hde.qemu.stream;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes whole streams for whoever plays a QEMU: what comes before RAM, RAM in sections, and the end. Into the caller's buffers, as {@link MigrationStreamWriter}, which has the same
 * exceptions; no call writes more than {@link #MAX_WRITE} bytes beside the names of the blocks.
 */
public final class GuestStreamWriter {
    /** Room that every call finds enough, as long as there are few blocks. */
    public static final int MAX_WRITE = 2 * MigrationStreamWriter.MAX_PAGE_RECORD;

    private static final int SECTION = 2;

    private final MigrationStreamWriter writer = new MigrationStreamWriter();
    private boolean named;

    /** Writes all that comes before the first page. */
    public void start(ByteBuffer out, String machine, List<RamBlock> blocks) {
        writer.header(out, machine);
        writer.openReturnPath(out);
        writer.ramStart(out, SECTION, blocks);
    }

    /** The same of a stream to which nobody answers. */
    public void startOneWay(ByteBuffer out, String machine, List<RamBlock> blocks) {
        writer.header(out, machine);
        writer.ramStart(out, SECTION, blocks);
    }

    /** Begins a section; pages of one block follow, the first with its name. */
    public void beginSection(ByteBuffer out) {
        writer.beginRamPart(out, SECTION);
        named = true;
    }

    /** Begins the last section of RAM, likewise. */
    public void beginLastSection(ByteBuffer out) {
        writer.beginRamEnd(out, SECTION);
        named = true;
    }

    /**
     * Writes the header of a page.
     *
     * @return where its 4096 bytes go in {@code out}; its position is already behind them
     */
    public int beginPage(ByteBuffer out, int block, long offset) {
        int position = writer.beginPage(out, block, offset, named);
        named = false;
        return position;
    }

    /** Writes a page that is all zero. */
    public void zeroPage(ByteBuffer out, int block, long offset) {
        writer.zeroPage(out, block, offset, named);
        named = false;
    }

    /** Ends a section. */
    public void endSection(ByteBuffer out) {
        writer.endRamSection(out, SECTION);
    }

    /** Ends the stream. */
    public void end(ByteBuffer out, String vmDescription) {
        writer.end(out, vmDescription);
    }
}
