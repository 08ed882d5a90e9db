package io.novacron.hde.wire;

/** Text that a peer has sent, for people: whatever it contains, it stays on its line and is short. */
public final class PeerText {
    private static final int LONGEST = 300;

    private PeerText() {}

    /** Without control characters, cut where it is long; null is said to be nothing. */
    public static String of(String text) {
        if (text == null) {
            return "(nothing)";
        }
        String line = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        return line.replaceAll("\\p{Cntrl}", "?");
    }
}
