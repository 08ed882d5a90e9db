package io.novacron.hde.delta;

import java.io.Serial;

/** A delta cannot be applied: it is damaged, or was not made for this base and length. */
public final class DeltaException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    private final int offset;

    /**
     * @param offset bytes from the delta's beginning to where it was found wrong; 0 where the algorithm cannot tell
     */
    public DeltaException(String message, int offset, Throwable cause) {
        super(message + " (at byte " + offset + " of the delta)", cause);
        this.offset = offset;
    }

    /** As above, without a cause. */
    public DeltaException(String message, int offset) {
        this(message, offset, null);
    }

    /** Bytes from the delta's beginning to where it was found wrong. */
    public int offset() {
        return offset;
    }
}
