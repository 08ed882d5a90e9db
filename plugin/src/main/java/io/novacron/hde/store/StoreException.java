package io.novacron.hde.store;

import java.io.Serial;

/** The page store cannot be opened, for a reason that only the operator can remove. */
public final class StoreException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    public StoreException(String message) {
        super(message);
    }

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
