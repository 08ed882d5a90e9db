package io.novacron.hde.qemu.stream;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The blocks of the MEM_SIZE list, found again by the name in a record without allocation. */
final class BlockTable {
    /** More blocks than any machine has; keeps a hostile list small. */
    static final int MAX_BLOCKS = 4096;

    static final BlockTable EMPTY = new BlockTable(List.of());

    private final List<RamBlock> list;
    private final byte[][] str8;
    private final long[] usedLength;

    BlockTable(List<RamBlock> blocks) {
        list = List.copyOf(blocks);
        str8 = new byte[list.size()][];
        usedLength = new long[list.size()];
        for (int i = 0; i < list.size(); i++) {
            str8[i] = Wire.str8(list.get(i).name());
            usedLength[i] = list.get(i).usedLength();
        }
    }

    static boolean allNamesDiffer(List<RamBlock> blocks) {
        Set<String> names = new HashSet<>();
        return blocks.stream().allMatch(block -> names.add(block.name()));
    }

    List<RamBlock> list() {
        return list;
    }

    byte[] str8(int block) {
        return str8[block];
    }

    boolean holdsPage(int block, long offset) {
        return offset >= 0 && offset < usedLength[block];
    }

    /** The block whose str8 is at {@code at}, all of it available, or -1. Looks first behind {@code previous}. */
    int find(StreamInput in, int at, int previous) {
        int length = 1 + in.u8(at);
        for (int i = 1; i <= str8.length; i++) {
            int block = (previous + i) % str8.length;
            if (str8[block].length == length && in.matches(at, str8[block])) {
                return block;
            }
        }
        return -1;
    }
}
