package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RandomAccessStore;

/**
 * The store's file: H2's MVStore with the maps of docs/store.md. Any thread may read; one thread changes and commits.
 * Every method may throw whatever MVStore throws on damage or I/O errors, which are runtime exceptions.
 */
final class Database implements AutoCloseable {
    /** The version of the layout; a store with a greater one is not opened. */
    static final int FORMAT = 1;

    private static final String FORMAT_KEY = "format";
    private static final String INDEXED_KEY = "indexed";
    private static final String LIVE_BYTES_KEY = "live";
    private static final String AREA_PREFIX = "area.";

    private static final int CRC_BYTES = 4;
    private static final int KEYS_PER_NODE = 256;
    /** How long an old version's space is not used again, in case a power failure undoes what was written since. */
    private static final int RETENTION_MILLIS = 10_000;

    private static final int COMPACT_FILL_PERCENT = 80;
    private static final int COMPACT_BYTES = 4 << 20;

    private final MVStore store;
    private final MVMap<String, String> meta;
    private final MVMap<Long, byte[]> frames;
    // Numbers and lengths of the frames, so that one can go through them without reading them all.
    private final MVMap<Long, Long> lengths;
    private final MVMap<Long, byte[]> index;
    private final Map<String, MVMap<byte[], byte[]>> areas = new ConcurrentHashMap<>();

    private final AtomicLong liveBytes = new AtomicLong();

    private Database(MVStore store) {
        this.store = store;
        store.setRetentionTime(RETENTION_MILLIS);
        store.setVersionsToKeep(0);
        meta = store.openMap("meta");
        frames = openNumbered("frames");
        lengths = store.openMap(
                "lengths",
                new MVMap.Builder<Long, Long>().keyType(new NumberType()).valueType(new NumberType()));
        index = openNumbered("index");
        liveBytes.set(number(LIVE_BYTES_KEY));
    }

    /**
     * Opens or creates the file, which is there already, if only with no bytes.
     *
     * @param key with which the file is encrypted, or empty
     * @throws NewerFormatException if a later release has written it
     * @throws SealedFile.OtherKeyException if it was encrypted with another key
     */
    static Database open(Path file, int cacheMebibytes, Optional<StoreKey> key)
            throws NewerFormatException, SealedFile.OtherKeyException {
        MVStore.Builder builder = new MVStore.Builder()
                .autoCommitDisabled()
                .autoCommitBufferSize(0)
                .keysPerPage(KEYS_PER_NODE);
        MVStore store;
        if (key.isPresent()) {
            // A file store that MVStore is given has its part of the settings from who gives it.
            SealedFile sealed = SealedFile.open(
                    file, key.get(), Map.of("cacheSize", cacheMebibytes, "autoCompactFillRate", COMPACT_FILL_PERCENT));
            store = sealed.openStore(builder);
        } else {
            store = builder.fileName(file.toString())
                    .cacheSize(cacheMebibytes)
                    .autoCompactFillRate(COMPACT_FILL_PERCENT)
                    .open();
        }
        boolean opened = false;
        try {
            Database database = new Database(store);
            String format = database.meta.get(FORMAT_KEY);
            if (format == null) {
                database.meta.put(FORMAT_KEY, Integer.toString(FORMAT));
                database.commit();
            } else if (Integer.parseInt(format) > FORMAT) {
                throw new NewerFormatException(
                        "it has format " + format + ", and this release knows formats up to " + FORMAT);
            }
            opened = true;
            return database;
        } finally {
            if (!opened) {
                store.closeImmediately();
            }
        }
    }

    /** The stored form of a frame, or null. */
    byte[] frame(long number) {
        return frames.get(number);
    }

    boolean hasFrame(long number) {
        return lengths.containsKey(number);
    }

    void putFrame(long number, byte[] bytes) {
        frames.put(number, bytes);
        lengths.put(number, (long) bytes.length);
        liveBytes.addAndGet(bytes.length);
    }

    /** Returns what was there, or null. */
    byte[] removeFrame(long number) {
        Long length = lengths.remove(number);
        if (length != null) {
            liveBytes.addAndGet(-length);
        }
        return frames.remove(number);
    }

    /** The least number of a frame that is at least this, or null. */
    Long frameFrom(long number) {
        return lengths.ceilingKey(number);
    }

    /** The greatest number of a frame, 0 if there is none. */
    long lastFrame() {
        Long last = lengths.lastKey();
        return last == null ? 0 : last;
    }

    /** The stored index: first half of the least PageId of a block to block. */
    MVMap<Long, byte[]> index() {
        return index;
    }

    /** A value of an area, or null if there is none or it is damaged. */
    byte[] get(String area, byte[] key) {
        byte[] sealed = area(area).get(key);
        if (sealed == null || sealed.length < CRC_BYTES) {
            return null;
        }
        int length = sealed.length - CRC_BYTES;
        if (ByteBuffer.wrap(sealed).getInt(length) != crc(key, sealed, length)) {
            return null;
        }
        byte[] value = new byte[length];
        System.arraycopy(sealed, 0, value, 0, length);
        return value;
    }

    boolean contains(String area, byte[] key) {
        return area(area).containsKey(key);
    }

    void put(String area, byte[] key, byte[] value) {
        byte[] sealed = new byte[value.length + CRC_BYTES];
        System.arraycopy(value, 0, sealed, 0, value.length);
        ByteBuffer.wrap(sealed).putInt(value.length, crc(key, value, value.length));
        byte[] before = area(area).put(key, sealed);
        liveBytes.addAndGet(sealed.length - (before == null ? 0 : before.length));
    }

    void remove(String area, byte[] key) {
        byte[] before = area(area).remove(key);
        if (before != null) {
            liveBytes.addAndGet(-before.length);
        }
    }

    /** The keys of an area, in ascending order. */
    Iterable<byte[]> keys(String area) {
        return () -> area(area).keyIterator(null);
    }

    /** All frames up to this one are in the stored index. */
    long indexed() {
        return number(INDEXED_KEY);
    }

    void indexed(long frame) {
        meta.put(INDEXED_KEY, Long.toString(frame));
    }

    /** The least number never given to a frame. */
    long nextFrame() {
        return Math.max(lastFrame(), indexed()) + 1;
    }

    /** Bytes of frames and of areas' values. */
    long liveBytes() {
        return Math.max(0, liveBytes.get());
    }

    long fileBytes() {
        return store.getFileStore().size();
    }

    void commit() {
        String live = Long.toString(liveBytes.get());
        if (!live.equals(meta.get(LIVE_BYTES_KEY))) {
            meta.put(LIVE_BYTES_KEY, live);
        }
        store.commit();
    }

    /** Undoes what was changed since the last commit. */
    void rollback() {
        store.rollback();
        liveBytes.set(number(LIVE_BYTES_KEY));
    }

    /** Waits until what was committed is on the disk. */
    void sync() {
        store.sync();
    }

    /**
     * Moves a few MiB of what is alive together and towards the beginning of the file, and gives the free space at its
     * end back.
     *
     * @return whether it is worth while to go on
     */
    boolean compact() {
        long before = fileBytes();
        store.setRetentionTime(0);
        try {
            boolean rewritten = store.compact(COMPACT_FILL_PERCENT, COMPACT_BYTES);
            commit();
            ((RandomAccessStore) store.getFileStore()).compactMoveChunks(COMPACT_FILL_PERCENT, COMPACT_BYTES, store);
            return rewritten || fileBytes() < before;
        } finally {
            store.setRetentionTime(RETENTION_MILLIS);
        }
    }

    /** Why the database closed itself, or null if it has not. */
    RuntimeException failure() {
        return store.getPanicException();
    }

    @Override
    public void close() {
        store.close();
    }

    /** Closes without writing. */
    void abandon() {
        store.closeImmediately();
    }

    private long number(String key) {
        String text = meta.get(key);
        return text == null ? 0 : Long.parseLong(text);
    }

    private MVMap<Long, byte[]> openNumbered(String name) {
        return store.openMap(
                name,
                new MVMap.Builder<Long, byte[]>().keyType(new NumberType()).valueType(new BytesType()));
    }

    private MVMap<byte[], byte[]> area(String name) {
        return areas.computeIfAbsent(
                name,
                n -> store.openMap(
                        AREA_PREFIX + n,
                        new MVMap.Builder<byte[], byte[]>()
                                .keyType(new BytesType())
                                .valueType(new BytesType())));
    }

    private static int crc(byte[] key, byte[] value, int length) {
        CRC32C crc = new CRC32C();
        crc.update(key);
        crc.update(value, 0, length);
        return (int) crc.getValue();
    }

    /** A later release has written the store. */
    static final class NewerFormatException extends Exception {
        private static final long serialVersionUID = 1;

        NewerFormatException(String message) {
            super(message);
        }
    }
}
