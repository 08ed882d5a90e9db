package io.novacron.hde.qemu.stream;

/**
 * The data of a RAM section: records up to and including EOS. The block last named is remembered from section to
 * section, as QEMU does.
 */
final class RamPart implements Part {
    private static final int WORD = 8;
    private static final int NO_BLOCK = -1;

    /** zlib's compressBound for a page is 4110; more is not from QEMU. */
    private static final int MAX_COMPRESSED = 5120;

    /** 256 TiB; a peer's claim beyond that is not believed. */
    private static final long MAX_TOTAL = 1L << 48;

    private final BlockListPart blockList;
    private BlockTable blocks = BlockTable.EMPTY;
    private boolean readingBlocks;
    private boolean blocksKnown;
    private int currentBlock = NO_BLOCK;

    RamPart(Dialect dialect) {
        blockList = new BlockListPart(dialect);
    }

    BlockTable blocks() {
        return blocks;
    }

    @Override
    public Progress parse(StreamInput in) {
        while (true) {
            if (readingBlocks) {
                Progress progress = blockList.parse(in);
                if (progress != Progress.DONE) {
                    return progress;
                }
                blocks = new BlockTable(blockList.blocks());
                readingBlocks = false;
                blocksKnown = true;
                in.blocks(blocks);
            }
            if (!in.has(WORD)) {
                return Progress.NEEDS_MORE;
            }
            long word = in.u64(0);
            int flags = (int) word & Wire.FLAGS_MASK;
            Progress progress;
            switch (flags) {
                case Wire.RAM_EOS:
                    if (word != Wire.RAM_EOS) {
                        return unknownWord(in, word);
                    }
                    in.consume(WORD);
                    return Progress.DONE;
                case Wire.RAM_MULTIFD_FLUSH:
                    if (word != Wire.RAM_MULTIFD_FLUSH) {
                        return unknownWord(in, word);
                    }
                    in.consume(WORD);
                    progress = Progress.DONE;
                    break;
                case Wire.RAM_MEM_SIZE:
                    progress = beginBlocks(in, word);
                    break;
                case Wire.RAM_PAGE:
                case Wire.RAM_PAGE | Wire.RAM_CONTINUE:
                case Wire.RAM_ZERO:
                case Wire.RAM_ZERO | Wire.RAM_CONTINUE:
                case Wire.RAM_XBZRLE:
                case Wire.RAM_XBZRLE | Wire.RAM_CONTINUE:
                case Wire.RAM_COMPRESS_PAGE:
                case Wire.RAM_COMPRESS_PAGE | Wire.RAM_CONTINUE:
                    progress = pageRecord(in, flags, word - flags);
                    break;
                case Wire.RAM_HOOK:
                    return in.unknown("RDMA inside the stream");
                default:
                    return unknownWord(in, word);
            }
            if (progress != Progress.DONE) {
                return progress;
            }
        }
    }

    private Progress beginBlocks(StreamInput in, long word) {
        long total = word - Wire.RAM_MEM_SIZE;
        if (blocksKnown) {
            return in.unknown("second list of RAM blocks");
        }
        if (total < 0 || total > MAX_TOTAL) {
            return in.unknown("RAM of " + Long.toUnsignedString(total) + " bytes");
        }
        in.consume(WORD);
        blockList.begin(total);
        readingBlocks = true;
        return Progress.DONE;
    }

    private Progress pageRecord(StreamInput in, int flags, long offset) {
        boolean named = (flags & Wire.RAM_CONTINUE) == 0;
        int block = currentBlock;
        int header = WORD;
        if (named) {
            if (!in.has(WORD + 1) || !in.has(WORD + 1 + in.u8(WORD))) {
                return Progress.NEEDS_MORE;
            }
            block = blocks.find(in, WORD, currentBlock);
            header += 1 + in.u8(WORD);
        }
        if (block == NO_BLOCK) {
            return in.unknown(named ? "record of a RAM block that was not listed" : "record without a RAM block");
        }
        if (!blocks.holdsPage(block, offset)) {
            return in.unknown("record beyond the end of RAM block "
                    + Wire.printable(blocks.list().get(block).name()));
        }
        Progress progress = switch (flags & ~Wire.RAM_CONTINUE) {
            case Wire.RAM_PAGE -> page(in, block, offset, named, header);
            case Wire.RAM_ZERO -> zero(in, block, offset, named, header);
            case Wire.RAM_XBZRLE -> xbzrle(in, block, offset, header);
            default -> compressed(in, block, offset, header);
        };
        if (progress == Progress.DONE) {
            currentBlock = block;
        }
        return progress;
    }

    private static Progress page(StreamInput in, int block, long offset, boolean named, int header) {
        if (!in.has(header + Wire.PAGE_SIZE)) {
            return Progress.NEEDS_MORE;
        }
        in.page(block, offset, named, header);
        return Progress.DONE;
    }

    private static Progress zero(StreamInput in, int block, long offset, boolean named, int header) {
        if (!in.has(header + 1)) {
            return Progress.NEEDS_MORE;
        }
        if (in.u8(header) == 0) {
            in.zeroPage(block, offset, named, header + 1);
        } else {
            in.opaquePage(block, offset, header + 1);
        }
        return Progress.DONE;
    }

    private static Progress xbzrle(StreamInput in, int block, long offset, int header) {
        if (!in.has(header + 3)) {
            return Progress.NEEDS_MORE;
        }
        int length = in.u16(header + 1);
        if (in.u8(header) != 1 || length > Wire.PAGE_SIZE) {
            return in.unknown("XBZRLE record of kind " + in.u8(header) + ", " + length + " bytes");
        }
        return opaque(in, block, offset, header + 3 + length);
    }

    private static Progress compressed(StreamInput in, int block, long offset, int header) {
        if (!in.has(header + 4)) {
            return Progress.NEEDS_MORE;
        }
        long length = in.u32(header);
        if (length > MAX_COMPRESSED) {
            return in.unknown("compressed page of " + length + " bytes");
        }
        return opaque(in, block, offset, header + 4 + (int) length);
    }

    private static Progress opaque(StreamInput in, int block, long offset, int length) {
        if (!in.has(length)) {
            return Progress.NEEDS_MORE;
        }
        in.opaquePage(block, offset, length);
        return Progress.DONE;
    }

    private static Progress unknownWord(StreamInput in, long word) {
        return in.unknown("unknown RAM record 0x" + Long.toHexString(word));
    }
}
