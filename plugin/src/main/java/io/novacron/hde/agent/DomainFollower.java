package io.novacron.hde.agent;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.libvirt.DomainListener;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What libvirt's domains mean to the agent: sockets while they are active, baselines and
 * dictionaries until they are undefined. */
final class DomainFollower implements DomainListener {
    private static final Logger LOG = LoggerFactory.getLogger(DomainFollower.class);

    private final VmSockets sockets;
    private final BaselineCatalog catalog;
    private final DictionaryKeeper dictionaries;
    private volatile String problem = "not connected to libvirt yet";

    DomainFollower(VmSockets sockets, BaselineCatalog catalog, DictionaryKeeper dictionaries) {
        this.sockets = sockets;
        this.catalog = catalog;
        this.dictionaries = dictionaries;
    }

    @Override
    public void active(DomainInfo domain) {
        catalog.markHere(UUID.fromString(domain.uuid()));
        sockets.open(domain);
    }

    @Override
    public void inactive(DomainInfo domain, boolean migratedAway) {
        if (migratedAway) {
            catalog.markAway(UUID.fromString(domain.uuid()));
        }
        sockets.close(domain);
    }

    @Override
    public void undefined(DomainInfo domain) {
        UUID vm = UUID.fromString(domain.uuid());
        if (!catalog.isAway(vm)) {
            int dropped = catalog.dropVm(vm);
            if (dropped > 0) {
                LOG.info("{} was undefined; its {} baselines are deleted", domain.name(), dropped);
            }
            int dictionariesDropped = dictionaries.dropVm(vm);
            if (dictionariesDropped > 0) {
                LOG.info("{} was undefined; its {} dictionaries are deleted", domain.name(), dictionariesDropped);
            }
        }
    }

    @Override
    public void connected() {
        problem = "";
        LOG.info("following libvirt's domains");
    }

    @Override
    public void disconnected(String reason) {
        problem = "no connection to libvirt: " + reason;
        LOG.warn("libvirt cannot be reached: {}; sockets stay as they are until it can", reason);
    }

    /** What keeps the agent from hearing of domains; empty if nothing does. */
    String problem() {
        return problem;
    }
}
