package io.novacron.hde.setup;

/** Something is in the way; the message says what, and what to do. */
public final class SetupException extends Exception {
    private static final long serialVersionUID = 1;

    SetupException(String message) {
        super(message);
    }

    SetupException(String message, Throwable cause) {
        super(message, cause);
    }
}
