package io.novacron.hde.lab;

/** The lab could not do what it was asked; the message names the part and, where known, what to do. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LabException(String message) {
        super(message);
    }

    LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
