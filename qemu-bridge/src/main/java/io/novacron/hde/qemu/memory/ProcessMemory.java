package io.novacron.hde.qemu.memory;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads another process' memory by process_vm_readv(2), without stopping it. One thread at a time. */
final class ProcessMemory {
    private static final int PIECE = 16;

    private final int pid;
    /** A piece of this process, then up to {@link Kernel#MAX_PIECES} of the other. */
    private final Memory pieces = new Memory((Kernel.MAX_PIECES + 1) * PIECE);

    private final long local = Pointer.nativeValue(pieces);
    private final long remote = local + PIECE;

    ProcessMemory(long pid) {
        this.pid = Math.toIntExact(pid);
    }

    /**
     * Reads a range.
     *
     * @param into a direct buffer with room for it, whose position moves by as much as was read, also when this fails
     * @throws GuestGoneException when the process has exited or has not mapped all of it
     */
    void read(long address, int length, ByteBuffer into) throws IOException {
        int done = 0;
        while (done < length) {
            setPiece(0, address + done, length - done);
            done += transfer(1, length - done, address + done, into);
        }
    }

    /** Makes {@code index} of the pieces to be read this one. */
    void setPiece(int index, long address, long length) {
        long at = PIECE + (long) index * PIECE;
        pieces.setLong(at, address);
        pieces.setLong(at + Long.BYTES, length);
    }

    /**
     * Reads the first {@code count} pieces one after the other into the buffer, whose position moves.
     *
     * @param length bytes of all of them
     * @param address of the first, for the message of an error
     * @return bytes read: more than none, perhaps not all
     */
    int transfer(int count, int length, long address, ByteBuffer into) throws IOException {
        pieces.setLong(0, Pointer.nativeValue(Native.getDirectBufferPointer(into)) + into.position());
        pieces.setLong(Long.BYTES, length);
        long read;
        try {
            read = Kernel.process_vm_readv(pid, local, 1, remote, count, 0);
        } catch (LastErrorException e) {
            throw failure(e, address);
        }
        if (read <= 0) {
            throw new GuestGoneException("no memory at 0x" + Long.toHexString(address) + " of process " + pid);
        }
        into.position(into.position() + (int) read);
        return (int) read;
    }

    private IOException failure(LastErrorException e, long address) {
        return switch (e.getErrorCode()) {
            case Kernel.ESRCH -> new GuestGoneException("there is no process " + pid + ": QEMU has exited");
            case Kernel.EFAULT ->
                new GuestGoneException("no memory at 0x" + Long.toHexString(address) + " of process " + pid
                        + ": QEMU has unplugged it, or is exiting");
            case Kernel.EPERM ->
                new IOException(
                        "not allowed to read the memory of process " + pid + "; it takes root with CAP_SYS_PTRACE", e);
            default -> new IOException("reading the memory of process " + pid + " failed", e);
        };
    }
}
