package io.novacron.hde.lab;

import java.util.Locale;

/** The demo's migrations, in the order in which they run. */
enum DemoCase {
    PLAIN(null, "hA → hB, plain virsh migrate"),
    FIRST(null, "hA → hB, hB knows nothing"),
    RETURN(FIRST, "hB → hA, minutes later"),
    AGAIN(RETURN, "hA → hB, redis gets new data"),
    SIBLING(FIRST, "hA → hB, another VM of that image"),
    SEEDED(null, "after hde seed and nothing else");

    private final DemoCase needs;
    private final String what;

    DemoCase(DemoCase needs, String what) {
        this.needs = needs;
        this.what = what;
    }

    /** Its name in the options, the table and the JSON. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The case that must have run before it; null if there is none. */
    DemoCase needs() {
        return needs;
    }

    /** What happens, in a few words. */
    String what() {
        return what;
    }
}
