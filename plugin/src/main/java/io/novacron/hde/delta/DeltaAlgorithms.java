package io.novacron.hde.delta;

import java.util.Locale;
import java.util.Optional;

/**
 * The delta algorithms there are. The ids are part of the wire protocol and of the store's layout: an id is never given
 * to another algorithm, and 0 is never valid.
 */
public enum DeltaAlgorithms {
    // 1, "xor", was one zstd frame over target XOR base.
    /** What XOR with the base leaves, with run lengths. */
    XOR(3, "xor-runs"),
    /** zstd with the base as the text before the target. */
    ZSTD(2, "zstd"),
    /** Copies of blocks of the base, wherever in it. */
    RSYNC(4, "rsync"),
    /** Parts of the base that are nearly equal, and the differences. */
    BSDIFF(5, "bsdiff");

    private final byte id;
    private final String algorithmName;

    DeltaAlgorithms(int id, String algorithmName) {
        this.id = (byte) id;
        this.algorithmName = algorithmName;
    }

    /** See {@link DeltaAlgorithm#id()}. */
    public byte id() {
        return id;
    }

    /** See {@link DeltaAlgorithm#name()}. */
    public String algorithmName() {
        return algorithmName;
    }

    /** What people call it: in options and metrics, whatever its form on the wire is called by now. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A new instance, for one thread, to be closed by the caller. */
    public DeltaAlgorithm create() {
        return switch (this) {
            case XOR -> new XorDelta();
            case ZSTD -> new ZstdReferenceDelta();
            case RSYNC -> new RsyncDelta();
            case BSDIFF -> new BsdiffDelta();
        };
    }

    /** The algorithm of an id, or empty if this release knows none. */
    public static Optional<DeltaAlgorithms> byId(byte id) {
        for (DeltaAlgorithms algorithm : values()) {
            if (algorithm.id == id) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /** The algorithm of a name, or empty if this release knows none. */
    public static Optional<DeltaAlgorithms> byName(String name) {
        for (DeltaAlgorithms algorithm : values()) {
            if (algorithm.algorithmName.equals(name)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /** The algorithm that people call so, or empty if this release knows none. */
    public static Optional<DeltaAlgorithms> byWord(String word) {
        for (DeltaAlgorithms algorithm : values()) {
            if (algorithm.word().equals(word)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }
}
