package io.novacron.hde.qemu.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code info mtree -f} prints of the guest's physical address space (QEMU: {@code softmmu/memory.c},
 * mtree_print_flatview).
 */
final class FlatView {
    private static final Pattern VIEW = Pattern.compile("FlatView #\\d+");
    private static final String SYSTEM = " AS \"memory\", root: system";
    /** First and last address, what it is, the region's name, and where in the region it begins. */
    private static final Pattern RANGE = Pattern.compile(
            "  (\\p{XDigit}{16})-(\\p{XDigit}{16}) \\(prio -?\\d+, (\\S+)\\): (.*?)(?: @(\\p{XDigit}{16}))?(?: KVM)?\\s*");

    private static final int FIRST = 1;
    private static final int LAST = 2;
    private static final int KIND = 3;
    private static final int REGION = 4;
    private static final int OFFSET = 5;

    /**
     * A range of the guest's physical addresses that a memory region backs.
     *
     * @param guestAddress where it begins
     * @param length bytes
     * @param region the memory region's name: the idstr's last part, or all of it
     * @param offset where it begins in the region
     */
    record Range(long guestAddress, long length, String region, long offset) {
        /** Where it ends in the region; beyond any block if that is no address. */
        long end() {
            long end = offset + length;
            return offset < 0 || length <= 0 || end < 0 ? Long.MAX_VALUE : end;
        }
    }

    /** More than QEMU can have, and a line is shorter. */
    private static final int MAX_RANGES = 4096;

    private static final int MAX_LINE = 1024;

    private FlatView() {}

    /** The ranges that are memory, in order of address. */
    static List<Range> parse(String printed) {
        List<Range> ranges = new ArrayList<>();
        boolean system = false;
        for (String line : (Iterable<String>) printed.lines().filter(line -> line.length() <= MAX_LINE)::iterator) {
            if (VIEW.matcher(line.strip()).matches()) {
                system = false;
            } else if (line.startsWith(SYSTEM)) {
                system = true;
            } else if (system) {
                Matcher fields = RANGE.matcher(line);
                if (fields.matches()
                        && (fields.group(KIND).equals("ram")
                                || fields.group(KIND).equals("rom"))) {
                    long first = Long.parseUnsignedLong(fields.group(FIRST), 16);
                    long last = Long.parseUnsignedLong(fields.group(LAST), 16);
                    long offset = fields.group(OFFSET) == null ? 0 : Long.parseUnsignedLong(fields.group(OFFSET), 16);
                    ranges.add(new Range(first, last - first + 1, fields.group(REGION), offset));
                }
            }
        }
        return List.copyOf(ranges.subList(0, Math.min(ranges.size(), MAX_RANGES)));
    }
}
