package io.novacron.hde.qemu.memory;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks QEMU for the guest's RAM blocks and where they lie in its process. Newer versions say so in {@code info ramblock}.
 * Of others {@code info mtree -f} tells which part of a block the guest sees at which physical address, and {@code gpa2hva}
 * where that is in the process; a block's memory is one piece there, whatever the guest makes of it.
 */
final class BlockFinder {
    private static final Pattern HOST_ADDRESS =
            Pattern.compile("(?s)\\s*Host virtual address for 0x\\p{XDigit}+ \\((.*)\\) is 0x(\\p{XDigit}+)\\s*");
    private static final int REGION = 1;
    private static final int ADDRESS = 2;
    private static final int PAGE_SIZE = 4096;

    private final Monitor monitor;

    BlockFinder(Monitor monitor) {
        this.monitor = monitor;
    }

    /**
     * The blocks whose address QEMU tells, in its order.
     *
     * @throws IOException when the monitor does not answer, or its answer names no block
     */
    List<GuestBlock> find() throws IOException {
        String printed = monitor.human("info ramblock");
        List<RamBlocks.Line> lines = RamBlocks.parse(printed);
        if (lines.isEmpty()) {
            throw new IOException("QEMU's monitor names no RAM block; 'info ramblock' printed: " + printed.strip());
        }
        boolean told = lines.stream().anyMatch(line -> line.hostAddress().isPresent());
        List<FlatView.Range> ranges = told ? List.of() : FlatView.parse(monitor.human("info mtree -f"));
        List<GuestBlock> blocks = new ArrayList<>();
        for (RamBlocks.Line line : lines) {
            OptionalLong address = told ? line.hostAddress() : address(line, lines, ranges);
            if (address.isPresent() && line.used() > 0 && line.used() % PAGE_SIZE == 0) {
                blocks.add(new GuestBlock(line.name(), line.used(), address.getAsLong()));
            }
        }
        return blocks;
    }

    /** Empty if the guest sees nothing of the block, or if its ranges do not agree on where it begins. */
    private OptionalLong address(RamBlocks.Line line, List<RamBlocks.Line> lines, List<FlatView.Range> ranges)
            throws IOException {
        Set<Long> found = new HashSet<>();
        for (FlatView.Range range : ranges) {
            if (isOf(range, line, lines)) {
                begin(range).ifPresent(found::add);
            }
        }
        return found.size() == 1 ? OptionalLong.of(found.iterator().next()) : OptionalLong.empty();
    }

    /** A region's name may be that of several devices' blocks; then it cannot be told whose it is. */
    private static boolean isOf(FlatView.Range range, RamBlocks.Line line, List<RamBlocks.Line> lines) {
        if (range.offset() + range.length() > line.total()) {
            return false;
        }
        if (range.region().equals(line.name())) {
            return true;
        }
        return isLastPart(range.region(), line.name())
                && lines.stream()
                        .noneMatch(other -> !other.name().equals(line.name()) && mayBe(range.region(), other.name()));
    }

    private static boolean mayBe(String region, String name) {
        return name.equals(region) || isLastPart(region, name);
    }

    /** A block of a device that is on a bus is named after the device's place there and the region. */
    private static boolean isLastPart(String region, String name) {
        return name.endsWith("/" + region);
    }

    /** Where the block begins whose part this is; empty if the guest's firmware has put something else there meanwhile. */
    private OptionalLong begin(FlatView.Range range) throws IOException {
        String printed = monitor.human("gpa2hva 0x" + Long.toHexString(range.guestAddress()));
        Matcher answer = HOST_ADDRESS.matcher(printed);
        return answer.matches() && answer.group(REGION).equals(range.region())
                ? OptionalLong.of(Long.parseUnsignedLong(answer.group(ADDRESS), 16) - range.offset())
                : OptionalLong.empty();
    }
}
