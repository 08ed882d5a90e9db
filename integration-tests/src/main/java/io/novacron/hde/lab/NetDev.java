package io.novacron.hde.lab;

/** Reads Linux' {@code /proc/PID/net/dev}. */
final class NetDev {
    private static final String LINK = "eth0:";
    private static final int RECEIVED = 0;
    private static final int SENT = 8;

    private NetDev() {}

    /** Bytes received and sent by the lab's link, added up. */
    static long bytes(String text) {
        return column(text, RECEIVED) + column(text, SENT);
    }

    /** Bytes sent by the lab's link. */
    static long sent(String text) {
        return column(text, SENT);
    }

    private static long column(String text, int column) {
        for (String line : text.lines().toList()) {
            String stripped = line.strip();
            if (stripped.startsWith(LINK)) {
                return Long.parseLong(stripped.substring(LINK.length()).strip().split("\\s+", -1)[column]);
            }
        }
        throw new LabException("lab: the host has no link " + LINK + " only " + text);
    }
}
