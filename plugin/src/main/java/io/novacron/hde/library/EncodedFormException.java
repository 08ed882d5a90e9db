package io.novacron.hde.library;

import java.io.Serial;

/** Bytes that {@link HdeEncoder#decode} cannot turn into the data that was encoded; nothing was returned or kept. */
public final class EncodedFormException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    /** Why not. */
    public enum Reason {
        /** These are no bytes of {@link HdeEncoder#encode}. */
        FOREIGN,
        /** Of a later release. */
        UNKNOWN_VERSION,
        /** Encoded under another key. */
        WRONG_KEY,
        /** Cut short, changed, or made up. */
        DAMAGED,
        /** The data is longer than {@link EncoderOptions#maxDataBytes}. */
        TOO_LARGE,
        /** The baseline it was encoded with is not held. {@link HdeEncoder#forget} at the encoder makes the next whole. */
        MISSING_BASELINE,
        /** The dictionary it was encoded with is not held. */
        MISSING_DICTIONARY
    }

    private final Reason reason;
    private final int offset;

    EncodedFormException(Reason reason, String message, int offset, Throwable cause) {
        super(message + " (at byte " + offset + ")", cause);
        this.reason = reason;
        this.offset = offset;
    }

    EncodedFormException(Reason reason, String message, int offset) {
        this(reason, message, offset, null);
    }

    /** Why it cannot be decoded. */
    public Reason reason() {
        return reason;
    }

    /** Bytes from the beginning of what was to be decoded to where this was found. */
    public int offset() {
        return offset;
    }
}
