package io.novacron.hde.codec;

/** How a page crosses the wire, cheapest first ({@code docs/architecture.md}, "Tiers"). */
public enum Tier {
    ZERO,
    KEPT,
    KNOWN,
    DELTA,
    NEW,
    RAW
}
