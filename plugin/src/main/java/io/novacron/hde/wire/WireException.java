package io.novacron.hde.wire;

import java.io.IOException;

/** The peer sent what the protocol does not allow, or less than it announced. */
public final class WireException extends IOException {
    private static final long serialVersionUID = 1L;

    public WireException(String message) {
        super(message);
    }

    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}
