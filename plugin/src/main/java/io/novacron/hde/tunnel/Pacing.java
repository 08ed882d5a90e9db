package io.novacron.hde.tunnel;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** How fast this host sends to its peers: all together, and to each of them. Shared by all connections. Thread-safe. */
public final class Pacing {
    private final List<Pace> all;
    private final Map<String, Pace> peers;

    private Pacing(List<Pace> all, Map<String, Pace> peers) {
        this.all = all;
        this.peers = peers;
    }

    /** As fast as it goes. */
    public static Pacing unlimited() {
        return new Pacing(List.of(), Map.of());
    }

    /**
     * Limits in bytes a second, of messages, TLS and TCP not counted.
     *
     * @param total to all peers together
     * @param byPeer to one, by its name
     */
    public static Pacing of(OptionalLong total, Map<String, OptionalLong> byPeer) {
        long now = System.nanoTime();
        Map<String, Pace> paces = new HashMap<>();
        byPeer.forEach((peer, limit) -> limit.ifPresent(rate -> paces.put(peer, new Pace(rate, now))));
        List<Pace> all = total.isPresent() ? List.of(new Pace(total.getAsLong(), now)) : List.of();
        return new Pacing(all, Map.copyOf(paces));
    }

    /**
     * As this, and no faster than so many bytes a second to all peers that share what this returns.
     *
     * @param lifted whether the limit no longer counts
     */
    Pacing slower(OptionalLong limit, BooleanSupplier lifted) {
        if (limit.isEmpty()) {
            return this;
        }
        List<Pace> more = new ArrayList<>(all);
        more.add(new Pace(limit.getAsLong(), System.nanoTime(), lifted));
        return new Pacing(List.copyOf(more), peers);
    }

    OutputStream paced(Peer peer, OutputStream out) {
        List<Pace> paces = new ArrayList<>(all);
        Pace own = peers.get(peer.name());
        if (own != null) {
            paces.add(own);
        }
        return paces.isEmpty() ? out : new PacedOutputStream(out, List.copyOf(paces));
    }
}
