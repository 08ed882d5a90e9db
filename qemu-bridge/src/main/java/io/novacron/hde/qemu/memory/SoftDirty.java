package io.novacron.hde.qemu.memory;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Optional;

/**
 * Which pages of a guest were written since a moment, by the kernel's soft-dirty bits (Linux: {@code
 * Documentation/admin-guide/mm/soft-dirty.rst}, CONFIG_MEM_SOFT_DIRTY). What KVM's guest writes is seen as well as what
 * QEMU and the kernel's vhost threads do.
 *
 * <p>The bits are a hint that saves reading, no proof. Between {@link #dirty} and the next {@link #clear} a write goes
 * unseen, and so does one that a disk makes by direct I/O that was under way when they were cleared. So clear first and read
 * pages afterwards, look once more at those that were dirty the time before, and compare everything now and then. The
 * kernel has only one set of bits for a process: nobody else may clear them meanwhile (CRIU does).
 *
 * <p>Clearing write-protects all of QEMU's pages, and each is a fault when it is next written.
 */
public final class SoftDirty {
    private static final String CLEAR = "4";
    private static final int PAGE_SIZE = 4096;

    private final GuestMemory memory;

    private SoftDirty(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Tracks a guest's writes, if that can be done: if the kernel has soft-dirty bits, and if the guest has no device that
     * writes past the page tables (VFIO).
     *
     * @throws GuestGoneException when QEMU has exited
     * @throws IOException when this process may not look at that one
     */
    public static Optional<SoftDirty> of(GuestMemory memory) throws IOException {
        return isOffered() && !hasVfio(memory.pid()) ? Optional.of(new SoftDirty(memory)) : Optional.empty();
    }

    /**
     * Whether this kernel has soft-dirty bits. One that has none takes the request to clear them and does nothing, so a
     * page of this process itself is written, and looked at before and after.
     *
     * @throws IOException when {@code /proc} does not let it be tried
     */
    public static boolean isOffered() throws IOException {
        ByteBuffer own = ByteBuffer.allocateDirect(2 * PAGE_SIZE);
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(own));
        long page = (address + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
        int inside = (int) (page - address);
        own.put(inside, (byte) 1);
        long self = ProcessHandle.current().pid();
        try (Pagemap pagemap = Pagemap.open(self)) {
            clear(self);
            if ((pagemap.entries(page, 1).get(0) & Pagemap.SOFT_DIRTY) != 0) {
                return false;
            }
            own.put(inside, (byte) 2);
            return (pagemap.entries(page, 1).get(0) & Pagemap.SOFT_DIRTY) != 0;
        }
    }

    private static boolean hasVfio(long pid) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path link : links) {
                if (isVfio(link)) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException | DirectoryIteratorException e) {
            throw new GuestGoneException("there is no process " + pid + ": QEMU has exited");
        }
    }

    /** One that is closed meanwhile is none. */
    private static boolean isVfio(Path link) {
        try {
            return Files.readSymbolicLink(link).toString().contains("vfio");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Begins anew: from now on {@link #dirty} is about what is written after this.
     *
     * @throws GuestGoneException when QEMU has exited
     */
    public void clear() throws IOException {
        clear(memory.pid());
    }

    private static void clear(long pid) throws IOException {
        Path file = Path.of("/proc", Long.toString(pid), "clear_refs");
        try {
            Files.writeString(file, CLEAR, StandardCharsets.US_ASCII, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new GuestGoneException("there is no process " + pid + ": QEMU has exited");
        } catch (AccessDeniedException e) {
            throw new IOException("not allowed to write " + file + "; it takes root", e);
        }
    }

    /**
     * Which pages may have changed since they were last cleared: those that were written, and those that QEMU's process does
     * not have, because the guest may have given them back; {@link GuestMemory#touched} tells which of them read as zero.
     * All of them, if the memory is shared or has a file behind it.
     *
     * @param block its number
     * @param firstPage in the block
     * @param pages how many
     * @param into bit {@code i} becomes that of page {@code firstPage + i}; what it held is lost
     * @throws GuestGoneException when QEMU has exited
     */
    public void dirty(int block, long firstPage, int pages, BitSet into) throws IOException {
        memory.softDirty(block, firstPage, pages, into);
    }
}
