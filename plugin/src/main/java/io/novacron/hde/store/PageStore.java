package io.novacron.hde.store;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.PageId;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The host-wide, content-addressed store of frames, indexed by PageId.
 *
 * <p>Any thread may use it, but no thread that does may be interrupted: an interrupt in the middle of a read makes Java
 * close the file under everybody, and the store then drops what it had not committed.
 */
public final class PageStore implements AutoCloseable {
    private final StoreDirectory directory;
    private final StoreLimits limits;
    private final StoreWriter writer;

    private PageStore(StoreDirectory directory, StoreLimits limits, Optional<StoreKey> key) {
        this.directory = directory;
        this.limits = limits;
        this.writer = new StoreWriter(directory, limits, key);
    }

    /** Opens a store that is not encrypted. */
    public static PageStore open(Path directory, StoreLimits limits) throws StoreException {
        return open(directory, limits, Optional.empty());
    }

    /**
     * Opens the store in a directory, or begins one. The directory gets mode 0700 and the files 0600.
     *
     * <p>A store that is damaged, was written by a later release, or is encrypted with another key or although there is
     * none, is set aside, and an empty one begun; one that is not encrypted although there is a key is deleted. Where
     * the disk does not let even that, nothing is stored until it does. Each is logged.
     *
     * @param key with which all of it is encrypted, or empty
     * @throws StoreException if another agent uses the store, or the path is not that of a directory of root or of this
     *     process's user
     */
    public static PageStore open(Path directory, StoreLimits limits, Optional<StoreKey> key) throws StoreException {
        StoreDirectory opened = StoreDirectory.open(directory, key.isPresent());
        PageStore store = new PageStore(opened, limits, key);
        store.writer.start();
        return store;
    }

    /**
     * Stores a frame; its pages can be read at once. A frame whose pages are all held already, as deep or less deep, is
     * not stored again. Waits at most 0.2 s for the disk.
     *
     * @return whether its pages are held now; if not, the frame was dropped because the disk is full or too slow, the
     *     store is at its limit, or the frame is too deep
     * @throws IllegalArgumentException if it needs a dictionary: pages outlive dictionaries
     */
    public boolean append(Frame frame) {
        if (frame.dictionary() != 0) {
            throw new IllegalArgumentException("A frame that needs a dictionary is not stored: " + frame);
        }
        return writer.append(frame);
    }

    /** A reader, for one thread, to be closed by the caller. */
    public PageReader newReader() {
        return newReader(limits.readerBytes());
    }

    /**
     * The same, for a reader that keeps little.
     *
     * @param mostBytes of unpacked frames, at least 1 MiB
     */
    public PageReader newReader(int mostBytes) {
        return new PageReader(writer, Math.min(mostBytes, limits.readerBytes()), limits.maxDepth());
    }

    /** Whether a page is thought to be held; only reading it shows that it is. */
    public boolean contains(long high, long low) {
        return depth(high, low) >= 0;
    }

    /** How many DELTA frames have to be undone to have a page: 0 if none, -1 if the page is not held. */
    public int depth(long high, long low) {
        if (high == PageId.ZERO_PAGE.high() && low == PageId.ZERO_PAGE.low()) {
            return 0;
        }
        long location = writer.find(high, low);
        return location == Location.NONE ? -1 : Location.depth(location);
    }

    /** Waits until all frames appended so far are committed or dropped. */
    public void flush() {
        writer.flush();
    }

    /** The greatest number given to a frame so far; 0 if there was none. */
    public long currentFrameNumber() {
        return writer.lastFrame();
    }

    /**
     * Keeps all frames that are appended from now on, or that spare an append, from being swept, until the handle is
     * closed. A migration holds one from its beginning until its baseline is committed.
     */
    public Protection protect() {
        return writer.protect();
    }

    /** The value of a key in an area, or empty if there is none or it is damaged. */
    public Optional<byte[]> get(String area, byte[] key) {
        return Optional.ofNullable(writer.get(area, key));
    }

    /** Calls the consumer for each undamaged value of an area, in the order of the keys. */
    public void forEach(String area, BiConsumer<byte[], byte[]> consumer) {
        writer.forEach(area, consumer);
    }

    /**
     * Changes areas. All changes are committed together, with all frames appended before, before this returns; or none.
     *
     * @return whether they are; if not, the log says why
     */
    public boolean change(Consumer<Change> work) {
        return writer.change(work);
    }

    /** Waits until what was committed is on the disk, where a power failure does not reach it. */
    public void sync() {
        writer.sync();
    }

    /** Changes to areas, within {@link PageStore#change}; valid only until that returns. */
    public interface Change {
        /** The value of a key, changes included, or empty if there is none or it is damaged. */
        Optional<byte[]> get(String area, byte[] key);

        /** Whether there is a value, damaged or not. */
        boolean contains(String area, byte[] key);

        /** Sets a value, at most a few MiB in one change: it is held in memory until the commit. */
        void put(String area, byte[] key, byte[] value);

        void remove(String area, byte[] key);

        /** The keys of an area, in ascending order, without the changes that follow. */
        List<byte[]> keys(String area);
    }

    /** Begins to find out which frames are needed; see {@link Sweep}. Only one may be under way. */
    public Sweep newSweep() {
        return new Sweep(writer);
    }

    /** Bytes of frames and of areas' values. */
    public long liveBytes() {
        return writer.liveBytes();
    }

    /** Bytes of the store's file. */
    public long fileBytes() {
        return writer.fileBytes();
    }

    /** The limits given at opening. */
    public StoreLimits limits() {
        return limits;
    }

    /** Commits what is queued and closes. */
    @Override
    public void close() {
        writer.close();
        directory.close();
    }

    /** Keeps frames from being swept until it is closed; may be closed more than once. */
    public interface Protection extends AutoCloseable {
        @Override
        void close();
    }
}
