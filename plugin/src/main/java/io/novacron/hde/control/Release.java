package io.novacron.hde.control;

/** The release that runs, from its jar's manifest. */
public final class Release {
    private Release() {}

    /** As logs, peers and people are told: "hde" and the version, or "hde development" where no jar says one. */
    public static String name() {
        String version = Release.class.getPackage().getImplementationVersion();
        return "hde " + (version == null ? "development" : version);
    }
}
