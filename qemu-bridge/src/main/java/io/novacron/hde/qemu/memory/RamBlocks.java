package io.novacron.hde.qemu.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code info ramblock} prints (QEMU: {@code softmmu/physmem.c}, ram_block_format). Versions before 8 do not say
 * where a block lies in QEMU's process.
 */
final class RamBlocks {
    /** Name, page size, offset, used, total, and of newer versions the host's address and whether it is read-only. */
    private static final Pattern LINE = Pattern.compile(
            "\\s*(\\S.*?)\\s+\\d+ \\w+\\s+0x\\p{XDigit}+ 0x(\\p{XDigit}{1,16}) 0x(\\p{XDigit}{1,16})(?: 0x(\\p{XDigit}{1,16}) +\\w+)?\\s*");

    private static final int NAME = 1;
    private static final int USED = 2;
    private static final int TOTAL = 3;
    private static final int HOST_ADDRESS = 4;

    /** More than QEMU prints: a name has 255 bytes. */
    private static final int MAX_LINE = 1024;

    private static final int MAX_LINES = 4096;

    /**
     * A line of it.
     *
     * @param name QEMU's idstr
     * @param used bytes
     * @param total bytes that the mapping may have
     * @param hostAddress if it says
     */
    record Line(String name, long used, long total, OptionalLong hostAddress) {}

    private RamBlocks() {}

    /** The blocks that have a name, in QEMU's order. What is no line of the table is left out. */
    static List<Line> parse(String printed) {
        List<Line> lines = new ArrayList<>();
        printed.lines()
                .filter(text -> text.length() <= MAX_LINE)
                .limit(MAX_LINES)
                .forEach(text -> {
                    Matcher fields = LINE.matcher(text);
                    if (fields.matches()) {
                        lines.add(new Line(
                                fields.group(NAME),
                                Long.parseUnsignedLong(fields.group(USED), 16),
                                Long.parseUnsignedLong(fields.group(TOTAL), 16),
                                fields.group(HOST_ADDRESS) == null
                                        ? OptionalLong.empty()
                                        : OptionalLong.of(Long.parseUnsignedLong(fields.group(HOST_ADDRESS), 16))));
                    }
                });
        return List.copyOf(lines);
    }
}
