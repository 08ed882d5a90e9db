package io.novacron.hde.qemu.stream;

/**
 * One part of the stream's grammar. A part looks ahead in the input, consumes what it understands, and remembers how
 * far it came; it never consumes what it does not understand.
 */
interface Part {
    /** What a part says after looking at the input. */
    enum Progress {
        /** The next entry is not complete yet; nothing of it was consumed. */
        NEEDS_MORE,
        /** The part ended; it is ready to begin anew. */
        DONE,
        /** What follows is not known; {@link StreamInput#reason} says why. */
        UNKNOWN
    }

    Progress parse(StreamInput in);
}
