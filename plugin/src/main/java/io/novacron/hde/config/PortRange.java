package io.novacron.hde.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TCP ports.
 *
 * @param first the lowest
 * @param last the highest, not lower than that
 */
public record PortRange(int first, int last) {
    /** Where libvirt lets QEMU wait unless qemu.conf says otherwise. */
    public static final PortRange LIBVIRTS = new PortRange(49_152, 49_215);

    static final String ALLOWED =
            "two ports from 1024 to 65535, as 49152-49215, with no more than 1024 from one to the other";

    private static final Pattern FORM = Pattern.compile("([0-9]{4,5})-([0-9]{4,5})");
    private static final int MOST = 1024;

    static PortRange parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not two ports");
        }
        int first = Integer.parseInt(matcher.group(1));
        int last = Integer.parseInt(matcher.group(2));
        if (first < 1024 || last > 65_535 || first > last || last - first >= MOST) {
            throw new IllegalArgumentException("out of range");
        }
        return new PortRange(first, last);
    }

    /** Whether this port is one of them. */
    public boolean contains(int port) {
        return first <= port && port <= last;
    }

    /** Whether a port is in both. */
    public boolean overlaps(PortRange other) {
        return first <= other.last && other.first <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
