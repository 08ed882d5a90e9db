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
            "(\\p{XDigit}{1,16})-(\\p{XDigit}{1,16}) ([r-])([w-])[x-]([ps]) (\\p{XDigit}{1,16}) \\p{XDigit}+:\\p{XDigit}+ (\\d{1,19}) *(.*)");

    private static final int START = 1;
    private static final int END = 2;
    private static final int READ = 3;
    private static final int WRITE = 4;
    private static final int SHARED = 5;
    private static final int OFFSET = 6;
    private static final int INODE = 7;
    private static final int PATH = 8;

    /**
     * What a range of memory is made of.
     *
     * @param shared whether other processes see what is written to it
     * @param path of the file behind it, as the kernel shows it
     * @param inode of that file; 0 if there is none, so that what was never written reads as zero
     * @param offset where the range begins in the file
     */
    record Backing(boolean shared, String path, long inode, long offset) {
        boolean anonymous() {
            return inode == 0;
        }
    }

    /**
     * A mapping.
     *
     * @param start its first address
     * @param end the address after its last
     * @param writable whether the process may read and write it
     * @param backing what it is made of
     */
    private record Mapping(long start, long end, boolean writable, Backing backing) {
        /** What the rest of it from an address on is made of. */
        Backing from(long address) {
            return backing.anonymous()
                    ? backing
                    : new Backing(
                            backing.shared(), backing.path(), backing.inode(), backing.offset() + address - start);
        }
    }

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
                long inode = Long.parseUnsignedLong(fields.group(INODE));
                Backing backing = new Backing(
                        fields.group(SHARED).equals("s"),
                        inode == 0 ? "" : fields.group(PATH),
                        inode,
                        inode == 0 ? 0 : Long.parseUnsignedLong(fields.group(OFFSET), 16));
                mappings.add(new Mapping(
                        Long.parseUnsignedLong(fields.group(START), 16),
                        Long.parseUnsignedLong(fields.group(END), 16),
                        fields.group(READ).equals("r") && fields.group(WRITE).equals("w"),
                        backing));
            }
        });
        return new AddressSpace(List.copyOf(mappings));
    }

    /**
     * What a range is made of; empty if not all of it is mapped to be read and written, or not all of it is made of the
     * same. The kernel may show one piece of memory as several mappings.
     */
    Optional<Backing> backing(long address, long length) {
        Optional<Backing> first = Optional.empty();
        long from = address;
        for (Mapping mapping : mappings) {
            if (mapping.start() <= from && from < mapping.end()) {
                Backing here = mapping.from(from);
                Backing begin = first.orElse(here);
                long offset = begin.anonymous() ? 0 : begin.offset() + (from - address);
                if (!mapping.writable()
                        || !here.equals(new Backing(begin.shared(), begin.path(), begin.inode(), offset))) {
                    return Optional.empty();
                }
                first = Optional.of(begin);
                from = mapping.end();
                if (from - address >= length) {
                    return first;
                }
            }
        }
        return Optional.empty();
    }
}
