package io.novacron.hde.tunnel;

import java.io.IOException;

/** A tunnel could not be set up or has broken; the message names the peer and what to look at. */
public final class TunnelException extends IOException {
    private static final long serialVersionUID = 1L;

    public TunnelException(String message) {
        super(message);
    }

    public TunnelException(String message, Throwable cause) {
        super(message, cause);
    }
}
