package io.novacron.hde.qemu.stream;

import java.util.ArrayList;
import java.util.List;

/**
 * The MEM_SIZE list behind its word: str8 name, u64 used length, and, depending on the dialect, u64 page size and u64
 * guest address, until the used lengths add up to the total.
 */
final class BlockListPart implements Part {
    private static final int MAX_PAGE_SIZE_BITS = 40;

    private final Dialect dialect;
    private final List<RamBlock> read = new ArrayList<>();
    private long bytesLeft;

    BlockListPart(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Begins a list whose used lengths add up to {@code total} bytes. */
    void begin(long total) {
        read.clear();
        bytesLeft = total;
    }

    /** The list, once it was read. */
    List<RamBlock> blocks() {
        return read;
    }

    @Override
    public Progress parse(StreamInput in) {
        while (bytesLeft > 0) {
            Progress progress = entry(in);
            if (progress != Progress.DONE) {
                return progress;
            }
        }
        return BlockTable.allNamesDiffer(read) ? Progress.DONE : in.unknown("two RAM blocks of the same name");
    }

    private Progress entry(StreamInput in) {
        if (!in.has(1)) {
            return Progress.NEEDS_MORE;
        }
        int nameLength = in.u8(0);
        if (nameLength == 0) {
            return in.unknown("RAM block without a name");
        }
        if (read.size() == BlockTable.MAX_BLOCKS) {
            return in.unknown("more than " + BlockTable.MAX_BLOCKS + " RAM blocks");
        }
        int length = 1 + nameLength + 8;
        if (!in.has(length)) {
            return Progress.NEEDS_MORE;
        }
        long usedLength = in.u64(length - 8);
        if (usedLength < 0 || usedLength > bytesLeft || usedLength % Wire.PAGE_SIZE != 0) {
            return in.unknown("RAM block of " + Long.toUnsignedString(usedLength) + " bytes");
        }
        if (dialect.hugePageSizes()) {
            // Nothing says whether this entry has a page size: what follows decides, and something always follows.
            int address = dialect.ignoreShared() ? 8 : 0;
            if (!in.has(length + address + 8)) {
                return Progress.NEEDS_MORE;
            }
            if (carriesPageSize(in, length + address, usedLength == bytesLeft)) {
                long pageSize = in.u64(length);
                if (Long.bitCount(pageSize) != 1
                        || pageSize <= Wire.PAGE_SIZE
                        || Long.numberOfTrailingZeros(pageSize) > MAX_PAGE_SIZE_BITS) {
                    return in.unknown("RAM block with pages of " + Long.toUnsignedString(pageSize) + " bytes");
                }
                length += 8;
            }
        }
        if (dialect.ignoreShared()) {
            length += 8;
            if (!in.has(length)) {
                return Progress.NEEDS_MORE;
            }
        }
        read.add(new RamBlock(in.string(1, nameLength), usedLength));
        bytesLeft -= usedLength;
        in.consume(length);
        return Progress.DONE;
    }

    /**
     * Whether the entry has a page size, told by the eight bytes that follow if it has none. After the last entry
     * those are a record's word, EOS or MULTIFD_FLUSH; after another the next entry's name, whose length is never 0,
     * while page sizes and addresses begin with a zero byte.
     */
    private static boolean carriesPageSize(StreamInput in, int following, boolean last) {
        if (last) {
            long word = in.u64(following);
            return word != Wire.RAM_EOS && word != Wire.RAM_MULTIFD_FLUSH;
        }
        return in.u8(following) == 0;
    }
}
