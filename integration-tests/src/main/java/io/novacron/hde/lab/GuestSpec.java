package io.novacron.hde.lab;

import java.util.Map;
import java.util.TreeMap;

/**
 * What guest to start.
 *
 * @param name of the VM
 * @param kind what it runs
 * @param memoryMib its memory
 * @param options for the guest's own programs, such as {@code lab.check_mib} (see guest/init and guest/real/lab-guest)
 */
public record GuestSpec(String name, Kind kind, int memoryMib, Map<String, String> options) {
    /** What a guest runs. */
    public enum Kind {
        /** Kernel and checking program, nothing else; up in seconds, without a disk. */
        TINY,
        /** Debian with redis that holds data and is written to, and the checking program. */
        REAL;

        String word() {
            return this == TINY ? "tiny" : "real";
        }
    }

    public GuestSpec {
        options = new TreeMap<>(options);
    }

    /** The tiny guest: 128 MiB, of which it checks 16. */
    public static GuestSpec tiny(String name) {
        return new GuestSpec(name, Kind.TINY, 128, Map.of());
    }

    /** The real guest: 1 GiB, of which it checks 32; redis holds some 40,000 keys and gets 1000 writes a second. */
    public static GuestSpec real(String name) {
        return new GuestSpec(name, Kind.REAL, 1024, Map.of());
    }

    /** The same with one more option. */
    public GuestSpec with(String option, Object value) {
        Map<String, String> more = new TreeMap<>(options);
        more.put(option, value.toString());
        return new GuestSpec(name, kind, memoryMib, more);
    }
}
