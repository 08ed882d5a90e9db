package io.novacron.hde.qemu.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * What the kernel says of each page of a process (Linux: {@code Documentation/admin-guide/mm/pagemap.rst}). It goes on to
 * be about the process of whose number it was opened, should another get that number. One thread at a time.
 */
final class Pagemap implements AutoCloseable {
    /** The page has been written since the soft-dirty bits were cleared. */
    static final long SOFT_DIRTY = 1L << 55;
    /** The process has the page, in memory or swapped out. */
    static final long THERE = 1L << 63 | 1L << 62;
    /** How many pages can be asked about at once. */
    static final int MAX_PAGES = 8192;

    private static final int PAGE_SIZE = 4096;

    private final long pid;
    private final FileChannel file;
    private final ByteBuffer bytes =
            ByteBuffer.allocateDirect(MAX_PAGES * Long.BYTES).order(ByteOrder.nativeOrder());
    private final LongBuffer entries = bytes.asLongBuffer();

    private Pagemap(long pid, FileChannel file) {
        this.pid = pid;
        this.file = file;
    }

    /**
     * That of a process.
     *
     * @throws GuestGoneException when there is no such process
     * @throws IOException when this process may not look at it
     */
    static Pagemap open(long pid) throws IOException {
        try {
            return new Pagemap(
                    pid, FileChannel.open(Path.of("/proc", Long.toString(pid), "pagemap"), StandardOpenOption.READ));
        } catch (NoSuchFileException e) {
            throw new GuestGoneException("there is no process " + pid + ": QEMU has exited");
        } catch (AccessDeniedException e) {
            throw new IOException("not allowed to look at process " + pid + "; it takes root with CAP_SYS_PTRACE", e);
        }
    }

    /**
     * Asks about pages one after the other.
     *
     * @param address of the first
     * @param pages at most {@link #MAX_PAGES}
     * @return an entry for each, good until the next call
     * @throws GuestGoneException when the process has exited
     */
    LongBuffer entries(long address, int pages) throws IOException {
        long from = address / PAGE_SIZE * Long.BYTES;
        bytes.clear().limit(pages * Long.BYTES);
        while (bytes.hasRemaining()) {
            int read = file.read(bytes, from + bytes.position());
            if (read <= 0) {
                throw new GuestGoneException("process " + pid + " has no memory any more: QEMU has exited");
            }
        }
        return entries.clear().limit(pages);
    }

    /**
     * Sets the bits of the pages whose entries have one of some bits, or none of some others.
     *
     * @param address of the first page, that of bit 0
     * @param pages how many
     * @param any one of these
     * @param none or none of these; 0 if that does not count
     */
    void match(long address, int pages, long any, long none, BitSet into) throws IOException {
        for (int done = 0; done < pages; done += MAX_PAGES) {
            int some = Math.min(MAX_PAGES, pages - done);
            LongBuffer found = entries(address + (long) done * PAGE_SIZE, some);
            int begin = 0;
            for (int i = 0; i < some; i++) {
                long entry = found.get(i);
                if ((entry & any) == 0 && (none == 0 || (entry & none) != 0)) {
                    into.set(done + begin, done + i);
                    begin = i + 1;
                }
            }
            into.set(done + begin, done + some);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
