package io.novacron.hde.qemu.memory;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The memory of a guest that runs on this host, as pages of 4096 bytes of its RAM blocks. The blocks are those of the
 * moment when it was opened: what is plugged in later is not seen, and what is unplugged makes reading fail, so open it
 * anew for each pass. Reading never stops the guest, and asks neither QEMU nor libvirt. One thread at a time.
 *
 * <p>A page that the guest writes meanwhile may be read half old and half new. A page that was never touched costs the
 * host a page table entry when it is read, if it is shared or of huge pages even memory: ask {@link #touched} first.
 */
public final class GuestMemory implements AutoCloseable {
    private static final int PAGE_SIZE = 4096;

    private final ProcessMemory memory;
    private final Pagemap pagemap;
    private final List<GuestBlock> blocks;
    private final List<AddressSpace.Kind> kinds;

    private GuestMemory(ProcessMemory memory, Pagemap pagemap, List<GuestBlock> blocks, List<AddressSpace.Kind> kinds) {
        this.memory = memory;
        this.pagemap = pagemap;
        this.blocks = blocks;
        this.kinds = kinds;
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
        try {
            List<GuestBlock> told = new BlockFinder(monitor).find();
            AddressSpace space = AddressSpace.of(pid);
            List<GuestBlock> blocks = new ArrayList<>();
            List<AddressSpace.Kind> kinds = new ArrayList<>();
            for (GuestBlock block : told) {
                Optional<AddressSpace.Kind> kind = space.kind(block.hostAddress(), block.length());
                if (kind.isPresent()) {
                    blocks.add(block);
                    kinds.add(kind.get());
                }
            }
            if (blocks.isEmpty()) {
                throw new IOException("the guest's memory is not found in process " + pid + ": "
                        + (told.isEmpty()
                                ? "QEMU's monitor tells the address of no RAM block"
                                : "none of " + told + " is mapped there; see that it is this VM's QEMU"));
            }
            return new GuestMemory(new ProcessMemory(pid), pagemap, List.copyOf(blocks), List.copyOf(kinds));
        } catch (IOException | RuntimeException e) {
            try {
                pagemap.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
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
        GuestBlock from = check(block, offset, length);
        checkBuffer(length, into);
        memory.read(from.hostAddress() + offset, length, into);
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
        GuestBlock from = blocks.get(block);
        int next = 0;
        while (next < count) {
            int begin = next;
            int pieces = 0;
            int run = begin;
            while (next < count) {
                check(block, offsets[next], PAGE_SIZE);
                boolean follows = next > begin && offsets[next] == offsets[next - 1] + PAGE_SIZE;
                if (!follows) {
                    if (pieces == ProcessMemory.MAX_PIECES) {
                        break;
                    }
                    run = next;
                    pieces++;
                }
                next++;
                memory.setPiece(pieces - 1, from.hostAddress() + offsets[run], (long) (next - run) * PAGE_SIZE);
            }
            int length = (next - begin) * PAGE_SIZE;
            int done = memory.transfer(pieces, length, from.hostAddress() + offsets[begin], into);
            // The kernel stops where it does not find a page; what is left is asked for by itself, to fail or to
            // succeed.
            while (done < length) {
                int page = begin + done / PAGE_SIZE;
                int inPage = done % PAGE_SIZE;
                memory.read(from.hostAddress() + offsets[page] + inPage, PAGE_SIZE - inPage, into);
                done += PAGE_SIZE - inPage;
            }
        }
        checkAlive(from);
    }

    /**
     * Which pages the guest or QEMU has ever touched; the others read as zero. All of them, if the memory is shared or
     * has a file behind it.
     *
     * @param block its number
     * @param firstPage in the block
     * @param pages how many
     * @param into bit {@code i} becomes that of page {@code firstPage + i}; what it held is lost
     * @throws GuestGoneException when QEMU has exited
     */
    public void touched(int block, long firstPage, int pages, BitSet into) throws IOException {
        GuestBlock from = check(block, firstPage * PAGE_SIZE, (long) pages * PAGE_SIZE);
        into.clear();
        if (kinds.get(block) != AddressSpace.Kind.PRIVATE_ANONYMOUS) {
            into.set(0, pages);
            return;
        }
        for (int done = 0; done < pages; ) {
            int some = Math.min(Pagemap.MAX_PAGES, pages - done);
            LongBuffer entries = pagemap.entries(from.hostAddress() + (firstPage + done) * PAGE_SIZE, some);
            int begin = -1;
            for (int i = 0; i < some; i++) {
                boolean there = (entries.get(i) & Pagemap.THERE) != 0;
                if (there && begin < 0) {
                    begin = i;
                } else if (!there && begin >= 0) {
                    into.set(done + begin, done + i);
                    begin = -1;
                }
            }
            if (begin >= 0) {
                into.set(done + begin, done + some);
            }
            done += some;
        }
    }

    private GuestBlock check(int block, long offset, long length) {
        GuestBlock from = blocks.get(block);
        if (offset % PAGE_SIZE != 0 || length % PAGE_SIZE != 0) {
            throw new IllegalArgumentException(
                    "pages of " + PAGE_SIZE + " bytes, not " + length + " bytes at " + offset);
        }
        Objects.checkFromIndexSize(offset, length, from.length());
        return from;
    }

    private static void checkBuffer(int length, ByteBuffer into) {
        if (!into.isDirect() || into.isReadOnly() || into.remaining() < length) {
            throw new IllegalArgumentException("a direct buffer with room for " + length + " bytes, not " + into);
        }
    }

    /** Only while the process lives is its number its own. */
    private void checkAlive(GuestBlock block) throws IOException {
        pagemap.entries(block.hostAddress(), 1);
    }

    @Override
    public void close() throws IOException {
        pagemap.close();
    }
}
