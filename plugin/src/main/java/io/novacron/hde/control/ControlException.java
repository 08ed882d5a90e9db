package io.novacron.hde.control;

/** A request that could not be fulfilled; the message is one line for the person who asked. */
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1;

    public ControlException(String message) {
        super(message);
    }

    public ControlException(String message, Throwable cause) {
        super(message, cause);
    }
}
