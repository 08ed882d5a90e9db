package io.novacron.hde.library;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The baselines of all keys, within a bound of bytes; the least recently used go first. A key may have several, because
 * what is still on its way may name one that has been replaced; the latest is the current one. Any thread.
 */
final class BaselineCache {
    /** What an entry takes beside its bytes and its key, about. */
    private static final int ENTRY_BYTES = 256;

    private final long mostBytes;
    private final LinkedHashMap<Place, Baseline> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, DataName> current = new HashMap<>();
    private long bytes;

    private record Place(String key, DataName name) {}

    /**
     * Data that both ends have.
     *
     * @param content changed by nobody
     * @param chain baselines that this one was encoded by means of, one after the other
     * @param since nanoseconds, when it became one
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by name only
    record Baseline(DataName name, byte[] content, int chain, long since) {}

    BaselineCache(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    synchronized Optional<Baseline> current(String key) {
        DataName name = current.get(key);
        return name == null ? Optional.empty() : find(key, name);
    }

    synchronized Optional<Baseline> find(String key, DataName name) {
        return Optional.ofNullable(entries.get(new Place(key, name)));
    }

    /** Whether data of so many bytes can be a baseline at all. */
    boolean takes(String key, int length) {
        return length > 0 && size(key, length) <= mostBytes;
    }

    /** Makes a baseline the current one, if it {@link #takes} as many bytes; returns whether another one was. */
    synchronized boolean add(String key, Baseline baseline) {
        if (!takes(key, baseline.content().length)) {
            return false;
        }
        Place place = new Place(key, baseline.name());
        boolean replaces = current.containsKey(key);
        remove(place);
        bytes += size(key, baseline.content().length);
        while (bytes > mostBytes) {
            remove(entries.keySet().iterator().next());
        }
        entries.put(place, baseline);
        current.put(key, baseline.name());
        return replaces;
    }

    synchronized void forget(String key) {
        entries.keySet().stream()
                .filter(place -> place.key().equals(key))
                .toList()
                .forEach(this::remove);
    }

    synchronized int count() {
        return entries.size();
    }

    synchronized long bytes() {
        return bytes;
    }

    private void remove(Place place) {
        Baseline removed = entries.remove(place);
        if (removed != null) {
            bytes -= size(place.key(), removed.content().length);
            current.remove(place.key(), place.name());
        }
    }

    private static long size(String key, int length) {
        return (long) length + 2L * key.length() + ENTRY_BYTES;
    }
}
