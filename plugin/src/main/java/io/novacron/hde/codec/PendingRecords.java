package io.novacron.hde.codec;

/** Page records of the stream about which nothing has been decided yet, in their order. A ring. One thread. */
final class PendingRecords {
    /** Instead of a position: the page is all zero. */
    static final int ZERO = -1;

    private static final int CAPACITY = 1024;
    private static final int MASK = CAPACITY - 1;

    private final int[] blocks = new int[CAPACITY];
    private final long[] pages = new long[CAPACITY];
    private final boolean[] named = new boolean[CAPACITY];
    private final int[] positions = new int[CAPACITY];
    private int first;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == CAPACITY;
    }

    int count() {
        return count;
    }

    /** @param position of the page's content, or {@link #ZERO} */
    void add(int block, long page, boolean isNamed, int position) {
        int at = (first + count++) & MASK;
        blocks[at] = block;
        pages[at] = page;
        named[at] = isNamed;
        positions[at] = position;
    }

    int block() {
        return blocks[first];
    }

    long page() {
        return pages[first];
    }

    boolean named() {
        return named[first];
    }

    int position() {
        return positions[first];
    }

    void removeFirst() {
        first = (first + 1) & MASK;
        count--;
    }
}
