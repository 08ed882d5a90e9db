package io.novacron.hde.libvirt;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of one libvirt's domains, and the only caller of the listener's domain methods. Belongs to one thread;
 * only {@link #active()} may be called from others.
 */
final class DomainTable {
    private static final Logger LOG = LoggerFactory.getLogger(DomainTable.class);

    /** How many domains that migrated away are remembered, so that the end of their definition is recognised. */
    private static final int DEPARTED_LIMIT = 4096;

    private final DomainListener listener;
    private final Map<String, DomainInfo> known = new LinkedHashMap<>();
    private final Map<String, DomainInfo> running = new LinkedHashMap<>();
    private final Set<String> departed = new LinkedHashSet<>();
    private volatile List<DomainInfo> published = List.of();

    DomainTable(DomainListener listener) {
        this.listener = listener;
    }

    /** The active domains as last reported. */
    List<DomainInfo> active() {
        return published;
    }

    /**
     * Takes libvirt's complete list and reports what differs from before.
     *
     * @param all every domain, active or only defined
     * @param active those of them with a process
     * @param leaving whether an event still to come says that this UUID migrated away
     */
    void relist(Collection<DomainInfo> all, Collection<DomainInfo> active, Predicate<String> leaving) {
        Map<String, DomainInfo> nowActive = byUuid(active);
        Map<String, DomainInfo> nowKnown = byUuid(all);
        nowKnown.putAll(nowActive);
        for (DomainInfo domain : List.copyOf(running.values())) {
            // The same UUID under another name is another domain to those who keep sockets by name.
            if (!domain.equals(nowActive.get(domain.uuid()))) {
                stopped(domain, leaving.test(domain.uuid()));
            }
        }
        for (DomainInfo domain : List.copyOf(known.values())) {
            if (!nowKnown.containsKey(domain.uuid())) {
                gone(domain);
            }
        }
        known.putAll(nowKnown);
        for (DomainInfo domain : nowActive.values()) {
            started(domain);
        }
    }

    /**
     * Takes one lifecycle event.
     *
     * @param exists asks libvirt whether it still knows this UUID; called only where the event alone does not tell
     */
    void change(DomainInfo domain, DomainChange change, Predicate<String> exists) {
        switch (change) {
            case DEFINED -> known.put(domain.uuid(), domain);
            case ACTIVE -> {
                DomainInfo before = running.get(domain.uuid());
                if (before != null && !before.equals(domain)) {
                    stopped(before, false);
                }
                started(domain);
            }
            case ENDED -> {
                stopped(domain, false);
                if (!exists.test(domain.uuid())) {
                    gone(domain);
                }
            }
            case WITHDRAWN -> {
                stopped(domain, false);
                if (!exists.test(domain.uuid())) {
                    known.remove(domain.uuid());
                }
            }
            case MIGRATED_AWAY -> stopped(domain, true);
            case UNDEFINED -> {
                if (departed.contains(domain.uuid())) {
                    known.remove(domain.uuid());
                } else if (!exists.test(domain.uuid())) {
                    gone(domain);
                }
            }
        }
    }

    private void started(DomainInfo domain) {
        departed.remove(domain.uuid());
        known.put(domain.uuid(), domain);
        if (running.putIfAbsent(domain.uuid(), domain) == null) {
            publish();
            tell(() -> listener.active(domain));
        }
    }

    private void stopped(DomainInfo domain, boolean migratedAway) {
        DomainInfo before = running.remove(domain.uuid());
        if (migratedAway) {
            depart(domain.uuid());
        }
        if (before != null) {
            publish();
            tell(() -> listener.inactive(before, migratedAway));
        }
    }

    private void gone(DomainInfo domain) {
        // Not known: said before, because the question whether it exists may be answered later than the event.
        if (known.remove(domain.uuid()) != null && !departed.contains(domain.uuid())) {
            tell(() -> listener.undefined(domain));
        }
    }

    private void depart(String uuid) {
        departed.remove(uuid);
        departed.add(uuid);
        if (departed.size() > DEPARTED_LIMIT) {
            departed.remove(departed.iterator().next());
        }
    }

    private void publish() {
        published = List.copyOf(running.values());
    }

    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.error("A domain event could not be handled", e);
        }
    }

    private static Map<String, DomainInfo> byUuid(Collection<DomainInfo> domains) {
        Map<String, DomainInfo> map = new LinkedHashMap<>();
        domains.forEach(domain -> map.put(domain.uuid(), domain));
        return map;
    }
}
