package io.novacron.hde.frame;

import java.io.Serial;

/** A frame is damaged, or of a kind, an algorithm or a version that this release does not know. */
public final class FrameException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    public FrameException(String message) {
        super(message);
    }

    public FrameException(String message, Throwable cause) {
        super(message, cause);
    }
}
