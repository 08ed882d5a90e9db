package io.novacron.hde.baseline;

/** Where PageIds of tables are kept that do not change any more. */
public interface TableSpace {
    /** On the heap, where they are. */
    TableSpace HEAP = block -> {};

    /** The block does not change any more; it may be moved elsewhere, now or later. Any thread; does not wait. */
    void offer(PageIdBlock block);
}
