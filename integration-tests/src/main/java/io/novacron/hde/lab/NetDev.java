package io.novacron.hde.lab;

/** Reads Linux' {@code /proc/PID/net/dev}. */
final class NetDev {
    private static final String LINK = "eth0:";
    private static final int RECEIVED = 0;
    private static final int SENT = 8;

    private NetDev() {}

    /** Bytes received and sent by the lab's link, added up. */
    static long bytes(String text) {
        for (String line : text.lines().toList()) {
            String stripped = line.strip();
            if (stripped.startsWith(LINK)) {
                String[] columns = stripped.substring(LINK.length()).strip().split("\\s+", -1);
                return Long.parseLong(columns[RECEIVED]) + Long.parseLong(columns[SENT]);
            }
        }
        throw new LabException("lab: the host has no link " + LINK + " only " + text);
    }
}
