package io.novacron.hde.codec;

/**
 * How a batch's script says what the stream's bytes are, in order ({@code docs/protocol.md}, "The script"). An operation
 * is one byte, type and marks, followed by numbers (unsigned LEB128, signed ones zigzag).
 */
final class ScriptFormat {
    /** Bytes that stand for themselves: length, bytes. */
    static final int VERBATIM = 1;
    /** Zero records. */
    static final int ZERO = 2;
    /** Pages whose content is what the table says of their place. */
    static final int KEPT = 3;
    /** Pages with consecutive numbers among the known ones: first number, relative to the one after the last used. */
    static final int KNOWN = 4;
    /** The next pages of the batch's PAGES frames. */
    static final int NEW = 5;
    /** The next pages of the batch's DELTA frames, against what the table said of their place before this batch. */
    static final int DELTA = 6;
    /** A record whose effect on its page is not known: length, bytes. */
    static final int OPAQUE = 7;
    /** The RAM blocks: count, then for each the length of its name, the name, its used length. No stream bytes. */
    static final int BLOCKS = 8;

    /** From here on the pages of this script have no records around them, and zero pages no bytes. */
    static final int BARE = 9;

    static final int TYPE_MASK = 0x0f;
    /** The record names its block. */
    static final int NAMED = 0x10;
    /** The block's number follows; the place is then its first page. */
    static final int BLOCK = 0x20;
    /** The place, relative to the one after the last, follows. */
    static final int MOVED = 0x40;
    /** There is one record, and no count follows. */
    static final int SINGLE = 0x80;

    private ScriptFormat() {}
}
