package io.novacron.hde.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Numbers for people. */
final class Amounts {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Amounts() {}

    static String bytes(long bytes) {
        int unit = 0;
        double amount = bytes;
        while (amount >= 999.95 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
    }

    /** As network links are called: in powers of ten. */
    static String bits(long bytesPerSecond) {
        double megabits = bytesPerSecond * 8 / 1e6;
        return megabits >= 1000
                ? String.format(Locale.ROOT, "%.1f Gbit/s", megabits / 1000)
                : String.format(Locale.ROOT, "%.1f Mbit/s", megabits);
    }

    /** How much smaller the wire's bytes are than the stream's; "-" where nothing was read yet. */
    static String saved(long stream, long wire) {
        return stream <= 0 ? "-" : String.format(Locale.ROOT, "%.1f%%", 100.0 * (stream - wire) / stream);
    }

    static String time(Instant from, Instant to) {
        return seconds(Math.max(0, Duration.between(from, to).toMillis()));
    }

    static String seconds(long millis) {
        return millis < 60_000
                ? String.format(Locale.ROOT, "%.1f s", millis / 1000.0)
                : String.format(Locale.ROOT, "%d:%02d", millis / 60_000, millis / 1000 % 60);
    }
}
