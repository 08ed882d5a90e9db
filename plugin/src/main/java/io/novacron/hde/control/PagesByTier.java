package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How many pages crossed in each tier.
 *
 * @param newPages tier new
 */
public record PagesByTier(
        long zero,
        long kept,
        long known,
        long delta,
        @JsonProperty("new") long newPages,
        long raw) {}
