package io.novacron.hde.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The values that a file gives, where it gives them, and the defaults for all others. */
final class Values {
    private record Key(Option<?> option, String peer) {}

    private final SystemFacts facts;
    private final Map<Key, Object> given = new HashMap<>();
    private final Map<Key, Integer> lines = new HashMap<>();
    private final Map<String, Integer> peers = new LinkedHashMap<>();

    Values(SystemFacts facts) {
        this.facts = facts;
    }

    <T> void set(Option<T> option, String peer, T value, int line) {
        given.put(new Key(option, peer), value);
        lines.put(new Key(option, peer), line);
    }

    void addPeer(String peer, int line) {
        peers.put(peer, line);
    }

    Set<String> peers() {
        return peers.keySet();
    }

    int peerLine(String peer) {
        return peers.get(peer);
    }

    boolean isGiven(Option<?> option, String peer) {
        return given.containsKey(new Key(option, peer));
    }

    /** The line where the option is given; 0 where it is not. */
    int line(Option<?> option, String peer) {
        return lines.getOrDefault(new Key(option, peer), 0);
    }

    <T> T get(Option<T> option) {
        return get(option, "");
    }

    <T> T get(Option<T> option, String peer) {
        // Only set() puts values in, and it takes them by the option's own type.
        @SuppressWarnings("unchecked")
        T value = (T) given.get(new Key(option, peer));
        return value != null ? value : option.defaultValue().orElseThrow().of(facts, peer);
    }
}
