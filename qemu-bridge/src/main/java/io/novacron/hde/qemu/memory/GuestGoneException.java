package io.novacron.hde.qemu.memory;

import java.io.IOException;

/** The memory is not there any more: its QEMU has exited, or has unplugged it. */
public final class GuestGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    GuestGoneException(String message) {
        super(message);
    }
}
