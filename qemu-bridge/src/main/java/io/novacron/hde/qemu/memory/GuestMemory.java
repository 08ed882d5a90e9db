package io.novacron.hde.qemu.memory;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The memory of a guest that runs on this host, as pages of 4096 bytes of its RAM blocks. The blocks are those of the
 * moment when it was opened: what is plugged in later is not seen, what is unplugged makes reading fail or, if it is shared,
 * is kept until this is closed. So open it anew for each pass. Reading never stops the guest, and asks neither QEMU nor
 * libvirt. One thread at a time.
 *
 * <p>A page that the guest writes meanwhile may be read half old and half new. A page that was never touched may cost the
 * host a page table entry when it is read, or even memory: ask {@link #touched} first.
 */
public final class GuestMemory implements AutoCloseable {
    private static final int PAGE_SIZE = 4096;

    private final long pid;
    private final ProcessMemory memory;
    private final Pagemap pagemap;
    private final List<Known> known;
    private final List<GuestBlock> blocks;

    private GuestMemory(long pid, Pagemap pagemap, List<Known> known) {
        this.pid = pid;
        this.memory = new ProcessMemory(pid);
        this.pagemap = pagemap;
        this.known = known;
        this.blocks = known.stream().map(Known::block).toList();
    }

    /**
     * What is known of a block.
     *
     * @param block its name, and where it lies in the process
     * @param backing what it is made of there
     * @param file the file behind it, if there is one that can be opened
     */
    private record Known(GuestBlock block, AddressSpace.Backing backing, Optional<BackingFile> file) {
        /** The file, if it holds all that there is. */
        Optional<BackingFile> shared() {
            return backing.shared() ? file : Optional.empty();
        }
    }

    /**
     * Finds the guest's RAM blocks. One whose address QEMU does not tell, or that is not mapped in the process to be read
     * and written, is left out.
     *
     * @param pid QEMU's process
     * @param monitor that QEMU's; not used any more when this returns
     * @throws GuestGoneException when there is no such process
     * @throws IOException when no block is found, or this process may not look at that one; the message says what to do
     */
    public static GuestMemory open(long pid, Monitor monitor) throws IOException {
        // Before the monitor is asked: if the number goes to another process, this stays with the first.
        Pagemap pagemap = Pagemap.open(pid);
        List<Known> known = new ArrayList<>();
        GuestMemory memory = null;
        try {
            List<GuestBlock> told = new BlockFinder(monitor).find();
            AddressSpace space = AddressSpace.of(pid);
            for (GuestBlock block : told) {
                Optional<AddressSpace.Backing> backing = space.backing(block.hostAddress(), block.length());
                if (backing.isPresent()) {
                    known.add(new Known(block, backing.get(), file(pid, backing.get())));
                }
            }
            if (known.isEmpty()) {
                throw new IOException("the guest's memory is not found in process " + pid + ": "
                        + (told.isEmpty()
                                ? "QEMU's monitor tells the address of no RAM block"
                                : "none of " + told + " is mapped there; see that it is this VM's QEMU"));
            }
            memory = new GuestMemory(pid, pagemap, List.copyOf(known));
            return memory;
        } finally {
            if (memory == null) {
                close(pagemap, known);
            }
        }
    }

    private static Optional<BackingFile> file(long pid, AddressSpace.Backing backing) throws IOException {
        return backing.anonymous()
                ? Optional.empty()
                : BackingFile.open(pid, backing.path(), backing.inode(), backing.offset());
    }

    /** The blocks that can be read, in QEMU's order; their places in this list are their numbers here. */
    public List<GuestBlock> blocks() {
        return blocks;
    }

    /**
     * Reads pages that follow each other.
     *
     * @param block its number
     * @param offset in the block, a multiple of 4096
     * @param length bytes, a multiple of 4096
     * @param into a direct buffer, whose position moves by {@code length}
     * @throws GuestGoneException when QEMU has exited or has unplugged the block
     */
    public void read(int block, long offset, int length, ByteBuffer into) throws IOException {
        Known from = check(block, offset, length);
        checkBuffer(length, into);
        read(from, offset, length, into);
        checkAlive(from);
    }

    /**
     * Reads single pages.
     *
     * @param block its number
     * @param offsets of the pages in the block, multiples of 4096; those that follow each other are read fastest
     * @param count how many of them
     * @param into a direct buffer, whose position moves by {@code count} pages; they are there in the order of the offsets
     * @throws GuestGoneException when QEMU has exited or has unplugged the block
     */
    public void read(int block, long[] offsets, int count, ByteBuffer into) throws IOException {
        Objects.checkFromIndexSize(0, count, offsets.length);
        checkBuffer(Math.multiplyExact(count, PAGE_SIZE), into);
        Known from = known.get(block);
        for (int i = 0; i < count; i++) {
            check(block, offsets[i], PAGE_SIZE);
        }
        for (int next = 0; next < count; ) {
            next = from.shared().isPresent()
                    ? readRun(from, offsets, next, count, into)
                    : readPieces(from, offsets, next, count, into);
        }
        checkAlive(from);
    }

    private void read(Known from, long offset, int length, ByteBuffer into) throws IOException {
        if (from.shared().isPresent()) {
            from.shared().get().read(offset, length, into);
        } else {
            memory.read(from.block().hostAddress() + offset, length, into);
        }
    }

    /** How many pages from {@code next} on follow each other. */
    private static int run(long[] offsets, int next, int count) {
        int end = next + 1;
        while (end < count && offsets[end] == offsets[end - 1] + PAGE_SIZE) {
            end++;
        }
        return end - next;
    }

    /** Reads pages that follow each other, and returns which comes next. */
    private int readRun(Known from, long[] offsets, int next, int count, ByteBuffer into) throws IOException {
        int pages = run(offsets, next, count);
        read(from, offsets[next], pages * PAGE_SIZE, into);
        return next + pages;
    }

    /** Reads as many pages as the kernel takes at once, and returns which comes next. */
    private int readPieces(Known from, long[] offsets, int begin, int count, ByteBuffer into) throws IOException {
        long address = from.block().hostAddress();
        int next = begin;
        int pieces = 0;
        while (next < count && pieces < Kernel.MAX_PIECES) {
            int pages = run(offsets, next, count);
            memory.setPiece(pieces++, address + offsets[next], (long) pages * PAGE_SIZE);
            next += pages;
        }
        int length = (next - begin) * PAGE_SIZE;
        int done = memory.transfer(pieces, length, address + offsets[begin], into);
        // The kernel stops at a page that it does not find; the rest is asked for by itself, to fail or to succeed.
        while (done < length) {
            int inPage = done % PAGE_SIZE;
            memory.read(address + offsets[begin + done / PAGE_SIZE] + inPage, PAGE_SIZE - inPage, into);
            done += PAGE_SIZE - inPage;
        }
        return next;
    }

    /**
     * Which pages the guest or QEMU has ever touched; the others read as zero. All of them, if there is a file behind the
     * memory that does not say; files of huge pages that are shared do not.
     *
     * @param block its number
     * @param firstPage in the block
     * @param pages how many
     * @param into bit {@code i} becomes that of page {@code firstPage + i}; what it held is lost
     * @throws GuestGoneException when QEMU has exited
     */
    public void touched(int block, long firstPage, int pages, BitSet into) throws IOException {
        Known from = check(block, firstPage * PAGE_SIZE, (long) pages * PAGE_SIZE);
        into.clear();
        if (from.backing().anonymous()
                || (!from.backing().shared() && from.file().isPresent())) {
            pagemap.match(address(from, firstPage), pages, Pagemap.THERE, 0, into);
        }
        if (from.file().isPresent()) {
            from.file().get().data(firstPage * PAGE_SIZE, pages, into);
            checkAlive(from);
        } else if (!from.backing().anonymous()) {
            into.set(0, pages);
        }
    }

    /**
     * Which pages may have changed since the process' soft-dirty bits were cleared: those that were written, and those
     * that the process does not have, because it may have given them back. All, if the memory is not private and
     * anonymous: what others write is not seen.
     */
    void softDirty(int block, long firstPage, int pages, BitSet into) throws IOException {
        Known from = check(block, firstPage * PAGE_SIZE, (long) pages * PAGE_SIZE);
        into.clear();
        if (from.backing().anonymous()) {
            pagemap.match(address(from, firstPage), pages, Pagemap.SOFT_DIRTY, Pagemap.THERE, into);
        } else {
            into.set(0, pages);
        }
    }

    private static long address(Known from, long firstPage) {
        return from.block().hostAddress() + firstPage * PAGE_SIZE;
    }

    /** QEMU's process. */
    long pid() {
        return pid;
    }

    private Known check(int block, long offset, long length) {
        Known from = known.get(block);
        if (offset % PAGE_SIZE != 0 || length % PAGE_SIZE != 0) {
            throw new IllegalArgumentException(
                    "pages of " + PAGE_SIZE + " bytes, not " + length + " bytes at " + offset);
        }
        Objects.checkFromIndexSize(offset, length, from.block().length());
        return from;
    }

    private static void checkBuffer(int length, ByteBuffer into) {
        if (!into.isDirect() || into.isReadOnly() || into.remaining() < length) {
            throw new IllegalArgumentException("a direct buffer with room for " + length + " bytes, not " + into);
        }
    }

    /** Only while the process lives is its number its own. */
    private void checkAlive(Known from) throws IOException {
        pagemap.entries(from.block().hostAddress(), 1);
    }

    @Override
    public void close() throws IOException {
        close(pagemap, known);
    }

    private static void close(Pagemap pagemap, List<Known> known) throws IOException {
        try (pagemap) {
            for (Known block : known) {
                if (block.file().isPresent()) {
                    block.file().get().close();
                }
            }
        }
    }
}
