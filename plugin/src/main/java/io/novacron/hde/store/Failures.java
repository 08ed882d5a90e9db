package io.novacron.hde.store;

import java.io.IOException;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;

/** What an exception out of the database means. */
final class Failures {
    private Failures() {}

    /**
     * Whether what is around the store, and not its content, is the cause: no space, no permission, an I/O error,
     * another process that has the file open, no memory for a buffer outside the heap at this moment.
     */
    static boolean isFromOutside(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            // java.nio.Bits says so; damage asks for more than an array can hold, or than the heap has
            if (cause instanceof OutOfMemoryError
                    && String.valueOf(cause.getMessage()).contains("direct buffer memory")) {
                return true;
            }
            if (cause instanceof MVStoreException e
                    && (e.getErrorCode() == DataUtils.ERROR_WRITING_FAILED
                            || e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED)) {
                return true;
            }
            // Reading beyond the end of a file that was cut short is damage.
            if (cause instanceof IOException && !(cause instanceof java.io.EOFException)) {
                return true;
            }
        }
        return false;
    }

    /** One line for the log. */
    static String text(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
