package io.novacron.hde.store;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * PageId to location in memory, for what has not been merged into the stored index: a hash table of primitives, 24
 * bytes a place. A location of NONE says that the page is not held, whatever the stored index says. Not thread-safe.
 */
final class RecentIndex {
    /** What find returns for a page of which nothing is said here. */
    static final long UNKNOWN = -1;

    private static final int FIRST_CAPACITY = 1 << 12;

    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final long seed = ThreadLocalRandom.current().nextLong();
    private long[] highs = new long[FIRST_CAPACITY];
    private long[] lows = new long[FIRST_CAPACITY];
    private long[] locations = newLocations(FIRST_CAPACITY);
    private int size;

    int size() {
        return size;
    }

    long find(long high, long low) {
        int place = place(high, low);
        return locations[place];
    }

    void put(long high, long low, long location) {
        int place = place(high, low);
        if (locations[place] == UNKNOWN) {
            if (size >= room(highs.length)) {
                grow();
                place = place(high, low);
            }
            highs[place] = high;
            lows[place] = low;
            size++;
        }
        locations[place] = location;
    }

    /** Pages that a table of so many places takes before it grows: three quarters. */
    private static int room(int places) {
        return places / 4 * 3;
    }

    /** The first halves of all PageIds, in ascending order; one that occurs twice is in there twice. */
    long[] sortedHighs() {
        long[] sorted = new long[size];
        int n = 0;
        for (int i = 0; i < highs.length; i++) {
            if (locations[i] != UNKNOWN) {
                sorted[n++] = highs[i];
            }
        }
        Arrays.sort(sorted);
        return sorted;
    }

    /** Calls the consumer for each PageId with that first half. */
    void forEachWith(long high, Entry consumer) {
        int mask = highs.length - 1;
        for (int i = start(high, mask); locations[i] != UNKNOWN; i = (i + 1) & mask) {
            if (highs[i] == high) {
                consumer.accept(high, lows[i], locations[i]);
            }
        }
    }

    interface Entry {
        void accept(long high, long low, long location);
    }

    private int place(long high, long low) {
        int mask = highs.length - 1;
        int i = start(high, mask);
        while (locations[i] != UNKNOWN && (highs[i] != high || lows[i] != low)) {
            i = (i + 1) & mask;
        }
        return i;
    }

    /** Only by the first half, for forEachWith; seeded, because a guest can choose pages with like PageIds. */
    private int start(long high, int mask) {
        return (int) (((high ^ seed) * SPREAD) >>> Integer.SIZE) & mask;
    }

    private void grow() {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        long[] oldLocations = locations;
        highs = new long[2 * oldHighs.length];
        lows = new long[highs.length];
        locations = newLocations(highs.length);
        for (int i = 0; i < oldHighs.length; i++) {
            if (oldLocations[i] != UNKNOWN) {
                int place = place(oldHighs[i], oldLows[i]);
                highs[place] = oldHighs[i];
                lows[place] = oldLows[i];
                locations[place] = oldLocations[i];
            }
        }
    }

    private static long[] newLocations(int capacity) {
        long[] locations = new long[capacity];
        Arrays.fill(locations, UNKNOWN);
        return locations;
    }
}
