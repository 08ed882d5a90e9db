package io.novacron.hde.codec;

import java.util.List;

/**
 * What the configuration and the peer allow a packer.
 *
 * @param minCompressionRatio pages that compress less than this cross as they are
 * @param deltaAlgorithms names of those that both sides know and the configuration allows; none, and no page
 *     crosses as a delta
 * @param maxDeltaChain how many deltas may stand on one another in the page store; beyond that a page that crossed as
 *     a delta is stored whole
 */
public record PackOptions(double minCompressionRatio, List<String> deltaAlgorithms, int maxDeltaChain) {
    public PackOptions {
        deltaAlgorithms = List.copyOf(deltaAlgorithms);
    }
}
