package io.novacron.hde.control;

import java.util.List;

/** What the agent answers; called on the server's threads, several at a time. */
public interface ControlHandler {
    /** What goes on. */
    StatusReport status();

    /** All baselines in the store, by VM, the newest generation first. */
    List<BaselineSummary> baselines();

    /**
     * One baseline.
     *
     * @param rootPrefixOrVm the beginning of a root, or a VM's name for its newest
     * @throws ControlException when nothing is called so, or more than one
     */
    BaselineDetail baseline(String rootPrefixOrVm) throws ControlException;

    /**
     * Deletes baselines.
     *
     * @param vmOrRootPrefix a VM's name for all of its baselines, or the beginning of one root
     * @return how many were deleted
     * @throws ControlException when nothing is called so, more than one root begins so, or one is in use
     */
    int dropBaselines(String vmOrRootPrefix) throws ControlException;

    /** All dictionaries in the store, this host's own first. */
    List<DictionarySummary> dictionaries();

    /**
     * One dictionary.
     *
     * @param digestPrefix the beginning of its digest
     * @throws ControlException when none begins so, or more than one
     */
    DictionarySummary dictionary(String digestPrefix) throws ControlException;

    /**
     * Trains dictionaries now, with what samples there are.
     *
     * @param type what for, or null for all types
     * @throws ControlException when there is no such type, dictionaries are switched off, or it takes too long to wait for
     */
    List<DictionaryTraining> trainDictionaries(String type) throws ControlException;

    /** Whether transparent mode is on, and for what. */
    TransparentReport transparent();

    /**
     * Switches transparent mode on, for the addresses that peers have now, or off.
     *
     * @throws ControlException with what is in the way of it
     */
    TransparentReport switchTransparent(boolean on) throws ControlException;

    /** The last channels that have ended, those of earlier agents on this host too, the newest first. */
    List<ChannelReport> history();

    /**
     * How the channels of a migration that has ended came to their figures, in the order in which they were opened; empty
     * where that is not known (any more).
     *
     * @param migration its name, as in {@link ChannelReport#migration}
     */
    List<ChannelCourse> courses(String migration);

    /** VMs whose memory is sent to peers while they run. */
    List<SeedReport> seeds();

    /**
     * Begins to send a running VM's memory to a peer.
     *
     * @param keepFreshSeconds how often to refresh it; null for once
     * @param maxBandwidth bytes a second; null for what is configured
     * @throws ControlException when there is no such VM or peer, or the peer may not receive it
     */
    SeedReport seed(String vm, String peer, Long keepFreshSeconds, Long maxBandwidth) throws ControlException;

    /**
     * Ends that.
     *
     * @throws ControlException when there is no such VM or peer, or that VM is not being seeded
     */
    SeedReport stopSeed(String vm, String peer) throws ControlException;

    /**
     * What a running VM's migration to a peer would cost now; takes some seconds.
     *
     * @throws ControlException when there is no such VM or peer, or the peer or the VM's memory cannot be looked at
     */
    EstimateReport estimate(String vm, String peer) throws ControlException;
}
