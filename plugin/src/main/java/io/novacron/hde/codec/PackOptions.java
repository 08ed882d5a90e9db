package io.novacron.hde.codec;

import java.util.List;

/**
 * What the configuration and the peer allow a packer.
 *
 * @param minCompressionRatio pages that compress less than this cross as they are
 * @param deltaAlgorithms names of those that both sides know and the configuration allows, at least one
 */
public record PackOptions(double minCompressionRatio, List<String> deltaAlgorithms) {
    public PackOptions {
        deltaAlgorithms = List.copyOf(deltaAlgorithms);
    }
}
