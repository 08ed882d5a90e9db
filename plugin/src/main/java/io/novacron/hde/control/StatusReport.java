package io.novacron.hde.control;

import java.util.List;

/**
 * What an agent does at the moment.
 *
 * @param host its name
 * @param version of HDE
 * @param ready whether the warm-up is done
 * @param peers in the order of the configuration
 * @param channels open now, the oldest first
 * @param recent closed ones, the newest first, as many as the agent remembers
 */
public record StatusReport(
        String host,
        String version,
        boolean ready,
        List<PeerReport> peers,
        List<ChannelReport> channels,
        List<ChannelReport> recent) {}
