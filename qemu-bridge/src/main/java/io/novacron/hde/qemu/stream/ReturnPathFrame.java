package io.novacron.hde.qemu.stream;

/** The frames of the return path (QEMU: {@code enum mig_rp_message_type}). */
public enum ReturnPathFrame {
    /** The destination is done, well or badly. */
    SHUT(4, 4),
    /** The answer to a PING. */
    PONG(4, 4),
    /** Postcopy: pages are wanted, their block is named. */
    REQ_PAGES_ID(13, 268),
    /** Postcopy: more pages of the same block are wanted. */
    REQ_PAGES(12, 12),
    /** Postcopy recovery: which pages arrived. A bitmap follows the frame, outside its length. */
    RECV_BITMAP(1, 256),
    /** Postcopy recovery: the destination goes on. */
    RESUME_ACK(4, 4),
    /** The devices of the destination are ready for the switch-over (QEMU 8.1 and later). */
    SWITCHOVER_ACK(0, 0);

    /** What the source accepts at most. */
    static final int MAX_PAYLOAD = 512;

    private final int minLength;
    private final int maxLength;

    ReturnPathFrame(int minLength, int maxLength) {
        this.minLength = minLength;
        this.maxLength = maxLength;
    }

    /** The frame of this number, or null if there is none or it cannot have this length. */
    static ReturnPathFrame of(int number, int length) {
        ReturnPathFrame frame = switch (number) {
            case 1 -> SHUT;
            case 2 -> PONG;
            case 3 -> REQ_PAGES_ID;
            case 4 -> REQ_PAGES;
            case 5 -> RECV_BITMAP;
            case 6 -> RESUME_ACK;
            case 7 -> SWITCHOVER_ACK;
            default -> null;
        };
        return frame != null && length >= frame.minLength && length <= frame.maxLength ? frame : null;
    }
}
