package io.novacron.hde.seed;

import java.io.IOException;

/** A guest's memory cannot be read: its QEMU has exited, or the memory is not there any more. */
public final class GuestException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param message for people, with the VM's name */
    public GuestException(String message, Throwable cause) {
        super(message, cause);
    }
}
