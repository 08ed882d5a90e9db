package io.novacron.hde.metrics;

import java.util.Map;
import java.util.OptionalLong;

/** What the agent knows of its host beside channels; asked at each scrape, by several threads. */
public interface HostFacts {
    /** The release that runs. */
    String version();

    /** Whether the warm-up is done. */
    boolean ready();

    /** Bytes of frames and baselines in the store. */
    long storeLiveBytes();

    /** Bytes of the store's file. */
    long storeFileBytes();

    /** Bytes that it may have. */
    long storeMaxBytes();

    /** How many baselines of memory there are, and then of disks. */
    Map<String, Long> baselines();

    /**
     * Trained dictionaries of one kind.
     *
     * @param scope {@code general}, {@code family} or {@code vm}
     * @param origin {@code own} or {@code peer}
     */
    record DictionaryKind(String scope, String origin) {}

    Map<DictionaryKind, Long> dictionaries();

    /** How many were trained and kept since the start. */
    long dictionariesTrained();

    /** When the newest was made or received, milliseconds since 1970. */
    OptionalLong lastDictionary();

    /** By the names of all peers, whether the last attempt to reach one failed. */
    Map<String, Boolean> peersFailing();
}
