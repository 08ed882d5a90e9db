package io.novacron.hde.dictionary;

import java.io.Serial;

/** No dictionary can be made of these samples. */
final class TrainingException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    TrainingException(String message) {
        super(message);
    }
}
