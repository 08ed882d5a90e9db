package io.novacron.hde.doctor;

import java.io.IOException;

/** Looks at one thing, and changes nothing. */
interface Check {
    /** One or two words. */
    String name();

    /** @throws IOException when something cannot be looked at */
    void run(Findings findings) throws IOException;
}
