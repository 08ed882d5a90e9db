package io.novacron.hde.codec;

import java.io.IOException;

/** A batch is not of the form that the protocol gives, or does not have the content that its digest promises. */
public final class CodecException extends IOException {
    private static final long serialVersionUID = 1L;

    public CodecException(String message) {
        super(message);
    }

    public CodecException(String message, Throwable cause) {
        super(message, cause);
    }
}
