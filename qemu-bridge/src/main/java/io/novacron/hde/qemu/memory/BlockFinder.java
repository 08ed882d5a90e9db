package io.novacron.hde.qemu.memory;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final Pattern HOST_ADDRESS = Pattern.compile(
            "(?s)\\s*Host virtual address for 0x\\p{XDigit}{1,16} \\((.*)\\) is 0x(\\p{XDigit}{1,16})\\s*");
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
        Map<String, Set<Long>> derived = told ? Map.of() : derive(lines);
        List<GuestBlock> blocks = new ArrayList<>();
        for (RamBlocks.Line line : lines) {
            OptionalLong address = told ? line.hostAddress() : only(derived.getOrDefault(line.name(), Set.of()));
            if (address.isPresent() && line.used() > 0 && line.used() % PAGE_SIZE == 0) {
                blocks.add(new GuestBlock(line.name(), line.used(), address.getAsLong()));
            }
        }
        return blocks;
    }

    /** Where blocks begin, by name, as each range of the guest's that is a part of them has it. */
    private Map<String, Set<Long>> derive(List<RamBlocks.Line> lines) throws IOException {
        Map<String, Optional<RamBlocks.Line>> owners = owners(lines);
        Map<String, Set<Long>> derived = new HashMap<>();
        for (FlatView.Range range : FlatView.parse(monitor.human("info mtree -f"))) {
            Optional<RamBlocks.Line> owner = owners.getOrDefault(range.region(), Optional.empty());
            if (owner.isPresent() && range.end() <= owner.get().total()) {
                begin(range)
                        .ifPresent(
                                address -> derived.computeIfAbsent(owner.get().name(), name -> new HashSet<>())
                                        .add(address));
            }
        }
        return derived;
    }

    /**
     * Whose a memory region is, by its name. The block of a device on a bus is named after the device's place there, and
     * then the region. Where that fits several blocks it cannot be told, and is empty.
     */
    private static Map<String, Optional<RamBlocks.Line>> owners(List<RamBlocks.Line> lines) {
        Map<String, Optional<RamBlocks.Line>> owners = new HashMap<>();
        for (RamBlocks.Line line : lines) {
            String name = line.name();
            for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
                owners.merge(name.substring(slash + 1), Optional.of(line), (one, other) -> Optional.empty());
            }
        }
        for (RamBlocks.Line line : lines) {
            owners.put(line.name(), Optional.of(line));
        }
        return owners;
    }

    private static OptionalLong only(Set<Long> addresses) {
        return addresses.size() == 1 ? OptionalLong.of(addresses.iterator().next()) : OptionalLong.empty();
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
