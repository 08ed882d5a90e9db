package io.novacron.hde.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.ZipOutputStream;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.RandomAccessStore;
import org.h2.mvstore.SFChunk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of MVStore in which every block is encrypted and authenticated: what MVStore sees is the file without the
 * encryption, and nothing of that reaches the disk in the clear. MVStore writes whole blocks of 4096 bytes and reads
 * anything. A block that is not what was written there is damage.
 */
final class SealedFile extends RandomAccessStore {
    private static final Logger LOG = LoggerFactory.getLogger(SealedFile.class);

    /** Blocks that are read or written together; fewer bytes than a thread's direct buffer may have. */
    private static final int BLOCKS_AT_ONCE = 60;

    /** MVStore keeps its header twice, in the first two blocks, and is content with either. */
    private static final int HEADER_BLOCKS = 2;

    private final FileChannel channel;
    private final FileLock lock;
    private final BlockCipher cipher;
    private final AtomicBoolean damageSaid = new AtomicBoolean();
    private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

    private SealedFile(Map<String, Object> settings, Path file, FileChannel channel, FileLock lock, BlockCipher cipher)
            throws IOException {
        super(settings);
        this.channel = channel;
        this.lock = lock;
        this.cipher = cipher;
        init(file.toString(), false);
        long blocks = Math.max(0, channel.size() - SealedHeader.BYTES) / BlockCipher.SEALED;
        setSize(blocks * BlockCipher.BLOCK);
    }

    /**
     * Opens a file, which is there already, or begins it if it has no bytes.
     *
     * @param settings MVStore's
     * @throws OtherKeyException if it was begun with another key
     * @throws Database.NewerFormatException if a later release has written it
     * @throws MVStoreException on damage and I/O errors, and if another process has it open
     */
    static SealedFile open(Path file, StoreKey key, Map<String, Object> settings)
            throws OtherKeyException, Database.NewerFormatException {
        FileChannel channel = null;
        boolean opened = false;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = lock(channel, file);
            if (channel.size() == 0) {
                writeAll(channel, ByteBuffer.wrap(SealedHeader.create(key)), 0);
            }
            byte[] bytes = new byte[SealedHeader.BYTES];
            readAll(channel, ByteBuffer.wrap(bytes), 0);
            SealedFile store = new SealedFile(settings, file, channel, lock, SealedHeader.read(bytes, key));
            opened = true;
            return store;
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_READING_FAILED, "Could not open file {0}", file, e);
        } finally {
            if (!opened && channel != null) {
                closeQuietly(channel);
            }
        }
    }

    /** Opens MVStore on it; closes the file if that fails. */
    MVStore openStore(MVStore.Builder builder) {
        boolean opened = false;
        try {
            MVStore store = builder.adoptFileStore(this).open();
            opened = true;
            return store;
        } finally {
            if (!opened) {
                release();
            }
        }
    }

    @Override
    public ByteBuffer readFully(SFChunk chunk, long position, int length) {
        byte[] out = new byte[length];
        Worker worker = take();
        try {
            read(worker, position, out);
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_READING_FAILED,
                    "Reading {0} bytes at {1} of {2} failed",
                    length,
                    position,
                    getFileName(),
                    e);
        } finally {
            idle.add(worker);
        }
        readCount.incrementAndGet();
        readBytes.addAndGet(length);
        return ByteBuffer.wrap(out);
    }

    private void read(Worker worker, long position, byte[] out) throws IOException {
        long firstBlock = position / BlockCipher.BLOCK;
        long endBlock = (position + out.length + BlockCipher.BLOCK - 1) / BlockCipher.BLOCK;
        for (long from = firstBlock; from < endBlock; from += BLOCKS_AT_ONCE) {
            int count = (int) Math.min(BLOCKS_AT_ONCE, endBlock - from);
            byte[] sealed = worker.sealed(count);
            readAll(channel, ByteBuffer.wrap(sealed, 0, count * BlockCipher.SEALED), place(from));
            for (int i = 0; i < count; i++) {
                open(worker, from + i, sealed, i * BlockCipher.SEALED, position, out);
            }
        }
    }

    /** Opens one block and copies that part of it which was asked for. */
    private void open(Worker worker, long block, byte[] sealed, int at, long position, byte[] out) {
        long begin = Math.max(position, block * BlockCipher.BLOCK);
        long end = Math.min(position + out.length, (block + 1) * BlockCipher.BLOCK);
        if (worker.sealer.open(block, sealed, at, worker.plain, 0)) {
            System.arraycopy(
                    worker.plain, (int) (begin - block * BlockCipher.BLOCK), out, (int) (begin - position), (int)
                            (end - begin));
            return;
        }
        // MVStore makes do without some blocks, and says nothing of it.
        if (damageSaid.compareAndSet(false, true)) {
            LOG.warn(
                    "Block {} of {} is damaged, or a process was killed while it wrote it; what was in it will be sent"
                            + " again",
                    block,
                    getFileName());
        }
        if (block >= HEADER_BLOCKS) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_FILE_CORRUPT, "Block {0} of {1} is damaged", block, getFileName());
        }
        // A damaged header block reads as zeros, which MVStore knows for damage, and it takes the other one: a process
        // that is killed may leave one half written.
    }

    @Override
    protected void writeFully(SFChunk chunk, long position, ByteBuffer source) {
        int length = source.remaining();
        if (position % BlockCipher.BLOCK != 0 || length % BlockCipher.BLOCK != 0) {
            throw new IllegalStateException(
                    length + " bytes at " + position + " are not whole blocks of " + BlockCipher.BLOCK);
        }
        setSize(Math.max(size(), position + length));
        Worker worker = take();
        try {
            long end = (position + length) / BlockCipher.BLOCK;
            for (long from = position / BlockCipher.BLOCK; from < end; from += BLOCKS_AT_ONCE) {
                int count = (int) Math.min(BLOCKS_AT_ONCE, end - from);
                byte[] sealed = worker.sealed(count);
                for (int i = 0; i < count; i++) {
                    source.get(worker.plain);
                    worker.sealer.seal(from + i, worker.plain, 0, sealed, i * BlockCipher.SEALED);
                }
                writeAll(channel, ByteBuffer.wrap(sealed, 0, count * BlockCipher.SEALED), place(from));
            }
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_WRITING_FAILED,
                    "Writing {0} bytes at {1} of {2} failed",
                    length,
                    position,
                    getFileName(),
                    e);
        } finally {
            idle.add(worker);
        }
        writeCount.incrementAndGet();
        writeBytes.addAndGet(length);
    }

    @Override
    public void sync() {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_WRITING_FAILED, "Could not sync {0}", getFileName(), e);
        }
    }

    @Override
    protected void truncate(long size) {
        try {
            channel.truncate(place(size / BlockCipher.BLOCK));
            setSize(Math.min(size(), size));
            writeCount.incrementAndGet();
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_WRITING_FAILED, "Could not truncate {0} to {1} bytes", getFileName(), size, e);
        }
    }

    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                lock.release();
                channel.close();
            }
        } catch (IOException e) {
            throw DataUtils.newMVStoreException(
                    DataUtils.ERROR_WRITING_FAILED, "Could not close {0}", getFileName(), e);
        } finally {
            super.close();
        }
    }

    @Override
    public void open(String fileName, boolean readOnly, char[] encryptionKey) {
        throw new UnsupportedOperationException("It is opened when it is made");
    }

    @Override
    public SealedFile open(String fileName, boolean readOnly) {
        throw new UnsupportedOperationException("Only MVStore's tools for whole files need this");
    }

    @Override
    public void backup(ZipOutputStream out) {
        throw new UnsupportedOperationException("A cache has no backup");
    }

    @Override
    public String toString() {
        return getFileName();
    }

    private Worker take() {
        Worker worker = idle.poll();
        return worker != null ? worker : new Worker(cipher.newSealer());
    }

    /** Where a block begins in the file. */
    private static long place(long block) {
        return SealedHeader.BYTES + block * BlockCipher.SEALED;
    }

    private static FileLock lock(FileChannel channel, Path file) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_LOCKED, "The file is locked: {0}", file);
        }
        return lock;
    }

    private static void readAll(FileChannel channel, ByteBuffer to, long position) throws IOException {
        long at = position;
        while (to.hasRemaining()) {
            int count = channel.read(to, at);
            if (count < 0) {
                throw new EOFException("the file ends at " + at);
            }
            at += count;
        }
    }

    private static void writeAll(FileChannel channel, ByteBuffer from, long position) throws IOException {
        long at = position;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    /** Closes the file on which MVStore was not opened. */
    void release() {
        closeQuietly(channel);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // What made opening fail is said already.
        }
    }

    /** What one thread needs for a moment. */
    private static final class Worker {
        private final BlockCipher.Sealer sealer;
        private final byte[] plain = new byte[BlockCipher.BLOCK];
        private byte[] sealed = new byte[BlockCipher.SEALED];

        Worker(BlockCipher.Sealer sealer) {
            this.sealer = sealer;
        }

        /** A buffer for so many sealed blocks. */
        byte[] sealed(int blocks) {
            if (sealed.length < blocks * BlockCipher.SEALED) {
                sealed = new byte[blocks * BlockCipher.SEALED];
            }
            return sealed;
        }
    }

    /** The file was begun with another key. */
    static final class OtherKeyException extends Exception {
        private static final long serialVersionUID = 1;

        OtherKeyException() {
            super("it was encrypted with another key");
        }
    }
}
