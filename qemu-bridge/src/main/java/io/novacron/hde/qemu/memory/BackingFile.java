package io.novacron.hde.qemu.memory;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;

/**
 * The file behind a block of memory, opened anew by the descriptor that QEMU keeps of it. Reading it is reading what is
 * shared of the memory, with one difference: a hole in the file stays a hole, while reading the same place of the process
 * would make the kernel put a page there. One thread at a time.
 */
final class BackingFile implements AutoCloseable {
    private static final int PAGE_SIZE = 4096;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BLOCKS = 0x400;
    private static final int STATX_BYTES = 256;
    private static final int STATX_BLOCKS_AT = 48;

    private final int descriptor;
    private final long begin;
    private final Memory status = new Memory(STATX_BYTES);
    private boolean closed;

    private BackingFile(int descriptor, long begin) {
        this.descriptor = descriptor;
        this.begin = begin;
    }

    /**
     * Opens the file that a process has mapped; empty if it has no descriptor of it any more, or if it is a device.
     *
     * @param path as {@code /proc/PID/maps} has it
     * @param inode the file's
     * @param begin where the block begins in the file
     * @throws IOException when this process may not look at that one's descriptors
     */
    static Optional<BackingFile> open(long pid, String path, long inode, long begin) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path link : links) {
                if (leadsTo(link, path, inode)) {
                    return Optional.of(
                            new BackingFile(Kernel.open(link.toString(), Kernel.O_RDONLY | Kernel.O_CLOEXEC), begin));
                }
            }
        } catch (DirectoryIteratorException | LastErrorException e) {
            // It exits, which the next look at it shows, or has just closed the file.
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static boolean leadsTo(Path link, String path, long inode) {
        try {
            return Files.readSymbolicLink(link).toString().equals(path)
                    && Files.isRegularFile(link)
                    && (long) Files.getAttribute(link, "unix:ino") == inode;
        } catch (IOException e) {
            return false;
        }
    }

    /** Sets the bits of the pages where the file may have something; the others of the file read as zero. */
    void data(long offset, int pages, BitSet into) throws IOException {
        if (isEmpty()) {
            return;
        }
        long from = begin + offset;
        long end = from + (long) pages * PAGE_SIZE;
        long at = from;
        while (at < end) {
            long data = seek(at, Kernel.SEEK_DATA);
            if (data < 0 || data >= end) {
                return;
            }
            long hole = Math.min(end, seek(data, Kernel.SEEK_HOLE));
            into.set((int) ((data - from) / PAGE_SIZE), (int) ((hole - from + PAGE_SIZE - 1) / PAGE_SIZE));
            at = hole;
        }
    }

    /** A file of huge pages says that all of it is data, but not that it has blocks. */
    private boolean isEmpty() throws IOException {
        try {
            Kernel.statx(descriptor, "", AT_EMPTY_PATH, STATX_BLOCKS, Pointer.nativeValue(status));
        } catch (LastErrorException e) {
            throw new IOException("the file of a guest's memory cannot be looked at", e);
        }
        return status.getLong(STATX_BLOCKS_AT) == 0;
    }

    /** Negative if there is no data from there on. */
    private long seek(long from, int whence) throws IOException {
        try {
            return Kernel.lseek(descriptor, from, whence);
        } catch (LastErrorException e) {
            if (e.getErrorCode() == Kernel.ENXIO) {
                return -1;
            }
            throw new IOException("the file of a guest's memory cannot be looked at", e);
        }
    }

    /**
     * Reads a range of the block.
     *
     * @param into a direct buffer with room for it, whose position moves
     * @throws GuestGoneException when the file ends before the range does
     */
    void read(long offset, int length, ByteBuffer into) throws IOException {
        long buffer = Pointer.nativeValue(Native.getDirectBufferPointer(into));
        for (int done = 0; done < length; ) {
            long read;
            try {
                read = Kernel.pread(descriptor, buffer + into.position(), length - done, begin + offset + done);
            } catch (LastErrorException e) {
                throw new IOException("the file of a guest's memory cannot be read", e);
            }
            if (read == 0) {
                throw new GuestGoneException("the file of a guest's memory ends before the memory does");
            }
            into.position(into.position() + (int) read);
            done += (int) read;
        }
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                Kernel.close(descriptor);
            } catch (LastErrorException e) {
                throw new IOException("the file of a guest's memory cannot be closed", e);
            }
        }
    }
}
