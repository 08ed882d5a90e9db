package io.novacron.hde.page;

/** What is true of every page. */
public final class Page {
    /** Bytes in a page. */
    public static final int SIZE = 4096;

    private Page() {}
}
