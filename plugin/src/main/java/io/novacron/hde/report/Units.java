package io.novacron.hde.report;

import java.util.Locale;

/** Numbers for people. */
final class Units {
    private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Units() {}

    static String bytes(double bytes) {
        int unit = 0;
        double amount = bytes;
        while (amount >= 999.95 && unit < BYTES.length - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0 ? Math.round(bytes) + " B" : String.format(Locale.ROOT, "%.1f %s", amount, BYTES[unit]);
    }

    /** As network links are called: in powers of ten. */
    static String bits(double bytesPerSecond) {
        double megabits = bytesPerSecond * 8 / 1e6;
        return megabits >= 1000
                ? String.format(Locale.ROOT, "%.1f Gbit/s", megabits / 1000)
                : String.format(Locale.ROOT, megabits >= 100 ? "%.0f Mbit/s" : "%.1f Mbit/s", megabits);
    }

    static String bits(long bytesPerSecond) {
        return bits((double) bytesPerSecond);
    }

    static String time(long millis) {
        return time((double) millis);
    }

    static String time(double millis) {
        return millis < 1000
                ? Math.round(millis) + " ms"
                : millis < 60_000
                        ? String.format(Locale.ROOT, "%.1f s", millis / 1000)
                        : String.format(
                                Locale.ROOT, "%d min %02d s", (long) millis / 60_000, (long) millis / 1000 % 60);
    }

    /** The unit in which so many bytes are told. */
    static double byteUnit(double bytes) {
        double unit = 1;
        while (bytes / unit >= 999.95) {
            unit *= 1024;
        }
        return unit;
    }

    static String bytes(long bytes) {
        return bytes((double) bytes);
    }

    static String percent(long part, long whole) {
        return percent((double) part, (double) whole);
    }

    /** With the thousands apart. */
    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String percent(double part, double whole) {
        return whole <= 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * part / whole);
    }
}
