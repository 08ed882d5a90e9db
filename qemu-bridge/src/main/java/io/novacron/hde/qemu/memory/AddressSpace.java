package io.novacron.hde.qemu.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process has mapped where ({@code proc(5)}, {@code /proc/PID/maps}). */
final class AddressSpace {
    private static final Pattern LINE = Pattern.compile(
            "(\\p{XDigit}+)-(\\p{XDigit}+) ([r-])([w-])[x-]([ps]) (\\p{XDigit}+) (\\p{XDigit}+:\\p{XDigit}+) (\\d+)\\s*(.*)");

    /** What memory is made of. */
    enum Kind {
        /** The process' own, and no file behind it: what was never written reads as zero. */
        PRIVATE_ANONYMOUS,
        /** Shared, or with a file behind it, which may hold what the process has not touched. */
        OTHER
    }

    /**
     * A mapping.
     *
     * @param start its first address
     * @param end the address after its last
     * @param writable whether the process may read and write it
     * @param kind what it is made of
     */
    private record Mapping(long start, long end, boolean writable, Kind kind) {}

    private final List<Mapping> mappings;

    private AddressSpace(List<Mapping> mappings) {
        this.mappings = mappings;
    }

    /**
     * That of a process, as it is now.
     *
     * @throws GuestGoneException when there is no such process
     * @throws IOException when this process may not look at it
     */
    static AddressSpace of(long pid) throws IOException {
        String text;
        try {
            text = Files.readString(Path.of("/proc", Long.toString(pid), "maps"), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new GuestGoneException("there is no process " + pid + ": QEMU has exited");
        } catch (AccessDeniedException e) {
            throw new IOException("not allowed to look at process " + pid + "; it takes root with CAP_SYS_PTRACE", e);
        }
        return parse(text);
    }

    /** What {@code /proc/PID/maps} says. */
    static AddressSpace parse(String text) {
        List<Mapping> mappings = new ArrayList<>();
        text.lines().forEach(line -> {
            Matcher fields = LINE.matcher(line);
            if (fields.matches()) {
                boolean anonymous =
                        fields.group(5).equals("p") && fields.group(8).equals("0");
                mappings.add(new Mapping(
                        Long.parseUnsignedLong(fields.group(1), 16),
                        Long.parseUnsignedLong(fields.group(2), 16),
                        fields.group(3).equals("r") && fields.group(4).equals("w"),
                        anonymous ? Kind.PRIVATE_ANONYMOUS : Kind.OTHER));
            }
        });
        return new AddressSpace(List.copyOf(mappings));
    }

    /**
     * What a range is made of; empty if not all of it is mapped to be read and written. The kernel may show one piece of
     * memory as several mappings.
     */
    Optional<Kind> kind(long address, long length) {
        long from = address;
        boolean anonymous = true;
        for (Mapping mapping : mappings) {
            if (mapping.start() <= from && from < mapping.end()) {
                if (!mapping.writable()) {
                    return Optional.empty();
                }
                anonymous &= mapping.kind() == Kind.PRIVATE_ANONYMOUS;
                from = mapping.end();
                if (from - address >= length) {
                    return Optional.of(anonymous ? Kind.PRIVATE_ANONYMOUS : Kind.OTHER);
                }
            }
        }
        return Optional.empty();
    }
}
