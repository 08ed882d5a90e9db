package io.novacron.hde.agent;

/** The release, as peers and logs are told. */
final class Version {
    static final String STRING = string();

    private Version() {}

    private static String string() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "hde unreleased" : "hde " + version;
    }
}
