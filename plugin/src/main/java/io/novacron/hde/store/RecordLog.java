package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** The last so many records of one kind, in an area of a store of their own, under ascending numbers. Thread-safe. */
public final class RecordLog {
    private final PageStore store;
    private final String area;
    private final int most;
    private long lastKey;

    /**
     * Goes on behind what the store has.
     *
     * @param most how many are kept
     */
    public RecordLog(PageStore store, String area, int most) {
        this.store = store;
        this.area = area;
        this.most = most;
        store.forEach(area, (key, value) -> {
            if (key.length == Long.BYTES) {
                lastKey = Math.max(lastKey, ByteBuffer.wrap(key).getLong());
            }
        });
    }

    /** Takes all that are there, the oldest first. */
    public void forEach(Consumer<byte[]> consumer) {
        store.forEach(area, (key, value) -> {
            if (key.length == Long.BYTES) {
                consumer.accept(value);
            }
        });
    }

    /** Keeps another one, and drops the oldest; false if it could not be stored. */
    public synchronized boolean add(byte[] record) {
        byte[] newest = ByteBuffer.allocate(Long.BYTES).putLong(++lastKey).array();
        return store.change(change -> {
            change.put(area, newest, record);
            List<byte[]> keys = change.keys(area);
            for (int i = 0; i < keys.size() - most; i++) {
                change.remove(area, keys.get(i));
            }
        });
    }
}
