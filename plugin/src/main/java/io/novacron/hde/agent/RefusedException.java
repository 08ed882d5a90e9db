package io.novacron.hde.agent;

import java.io.IOException;

/** A channel that a peer asks for is not carried: nothing has been handed to anybody here, and the peer is told why. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
