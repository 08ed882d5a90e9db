package io.novacron.hde.codec;

/**
 * How hard a packer tries to make pages small.
 *
 * @param level zstd's
 * @param references how many of the known pages that it resembles a new page is packed against at most; 0 for none. With
 *     1, only one that resembles it much is read from the store for that
 * @param nanosPerByte processor time that a byte less on the link is worth at the moment, nanoseconds
 */
public record Effort(int level, int references, double nanosPerByte) {
    /** The highest of zstd's levels at which references do not pay: it hardly looks into what it is packed against. */
    private static final int HIGHEST_WITHOUT_REFERENCES = 2;

    private static final int MOST_REFERENCES = 2;

    /** What a byte costs on a link of 100 Mbit/s, and one processor free. */
    private static final double NANOS_PER_BYTE = 80;

    /** The effort for a level that was asked for. */
    public static Effort ofLevel(int level) {
        return new Effort(level, level > HIGHEST_WITHOUT_REFERENCES ? MOST_REFERENCES : 0, NANOS_PER_BYTE);
    }
}
