package io.novacron.hde.agent;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.libvirt.DomainListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What libvirt's domains mean to the agent: sockets while they are active, baselines until they are undefined. */
final class DomainFollower implements DomainListener {
    private static final Logger LOG = LoggerFactory.getLogger(DomainFollower.class);

    private final VmSockets sockets;
    private final BaselineCatalog catalog;

    DomainFollower(VmSockets sockets, BaselineCatalog catalog) {
        this.sockets = sockets;
        this.catalog = catalog;
    }

    @Override
    public void active(DomainInfo domain) {
        catalog.markHere(domain.uuid());
        sockets.open(domain);
    }

    @Override
    public void inactive(DomainInfo domain, boolean migratedAway) {
        if (migratedAway) {
            catalog.markAway(domain.uuid());
        }
        sockets.close(domain);
    }

    @Override
    public void undefined(DomainInfo domain) {
        if (!catalog.isAway(domain.uuid())) {
            int dropped = catalog.dropVm(domain.uuid());
            if (dropped > 0) {
                LOG.info("{} was undefined; its {} baselines are deleted", domain.name(), dropped);
            }
        }
    }

    @Override
    public void connected() {
        LOG.info("following libvirt's domains");
    }

    @Override
    public void disconnected(String reason) {
        LOG.warn("libvirt cannot be reached: {}; sockets stay as they are until it can", reason);
    }
}
