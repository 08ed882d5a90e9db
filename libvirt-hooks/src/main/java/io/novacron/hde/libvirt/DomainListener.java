package io.novacron.hde.libvirt;

/**
 * Told by {@link DomainWatcher} what happens to one libvirt's domains: on one thread, one call at a time, never on
 * libvirt's event loop. What a call throws is logged and goes no further.
 */
public interface DomainListener {
    /**
     * The domain has a process on this host now, running or paused. Called once for each domain that is active when
     * the watcher first connects, then when one starts or arrives; never twice without an {@link #inactive} between.
     * An incoming domain may be reported while its memory still arrives.
     */
    void active(DomainInfo domain);

    /**
     * The domain has no process on this host any more.
     *
     * @param migratedAway it stopped because it runs on another host now (lifecycle STOPPED, detail MIGRATED)
     */
    void inactive(DomainInfo domain, boolean migratedAway);

    /**
     * This host does not know the domain any more, neither as a process nor as a definition, and it did not leave by
     * migrating: undefined by a user, or a transient one that ended. Not called for a domain whose incoming migration
     * failed, nor for the definition that a domain which migrated away leaves behind or removes.
     */
    void undefined(DomainInfo domain);

    /** The connection to libvirt stands; {@link #active} follows for what was not known before. */
    void connected();

    /**
     * The connection is lost, or the first attempt failed; the watcher keeps trying. Domains stay as they were last
     * reported until the next {@link #connected}.
     *
     * @param reason one line for people
     */
    void disconnected(String reason);
}
