package io.novacron.hde.qemu.memory;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;

/**
 * The system calls that Java has no word for. JNA maps static methods of a class without wrapping anything: nothing is
 * allocated for a call. Addresses are those of memory outside the heap; sizes are those of 64-bit Linux.
 */
final class Kernel {
    /** Linux: {@code UIO_MAXIOV}. */
    static final int MAX_PIECES = 1024;

    static final int EPERM = 1;
    static final int ESRCH = 3;
    static final int ENXIO = 6;
    static final int EFAULT = 14;

    static final int O_RDONLY = 0;
    static final int O_CLOEXEC = 0x80000;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    static {
        Native.register(Kernel.class, "c");
    }

    private Kernel() {}

    /** process_vm_readv(2); {@code local} and {@code remote} are arrays of {@code struct iovec}. */
    static native long process_vm_readv(int pid, long local, long localCount, long remote, long remoteCount, long flags)
            throws LastErrorException;

    /** open(2). */
    static native int open(String path, int flags) throws LastErrorException;

    /** close(2). */
    static native int close(int descriptor) throws LastErrorException;

    /** lseek(2). */
    static native long lseek(int descriptor, long offset, int whence) throws LastErrorException;

    /** pread(2). */
    static native long pread(int descriptor, long buffer, long length, long offset) throws LastErrorException;

    /** statx(2). */
    static native int statx(int directory, String path, int flags, int mask, long buffer) throws LastErrorException;
}
