package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * Pages by tier. A migration without HDE knows two: QEMU's zero pages, and all others, raw.
 *
 * @param newPages tier new
 */
public record PageCounts(
        long zero,
        long kept,
        long known,
        long delta,
        @JsonProperty("new") long newPages,
        long raw) {
    static final PageCounts NONE = new PageCounts(0, 0, 0, 0, 0, 0);

    PageCounts plus(PageCounts more) {
        return new PageCounts(
                zero + more.zero,
                kept + more.kept,
                known + more.known,
                delta + more.delta,
                newPages + more.newPages,
                raw + more.raw);
    }

    static PageCounts of(QemuReport report) {
        return new PageCounts(report.zeroPages(), 0, 0, 0, 0, report.normalPages());
    }

    static PageCounts of(JsonNode tiers) {
        return new PageCounts(
                tiers.path("zero").asLong(),
                tiers.path("kept").asLong(),
                tiers.path("known").asLong(),
                tiers.path("delta").asLong(),
                tiers.path("new").asLong(),
                tiers.path("raw").asLong());
    }
}
