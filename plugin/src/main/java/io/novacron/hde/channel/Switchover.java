package io.novacron.hde.channel;

/**
 * Where the time went from the moment at which QEMU had stopped the guest at the source until the destination's QEMU said
 * that it had loaded it: what the agents can see of the downtime. Milliseconds, by the source's clock; each phase begins
 * where the one before ends. Not in it: what QEMU does between stopping the guest and writing, and between saying so and
 * running it.
 *
 * @param lastRound until the last byte of memory had been read from QEMU, which waits for what goes before it
 * @param deviceState until the last byte of the stream had been read
 * @param delivery until the destination's QEMU had been given all of it
 * @param loading until it said that it had succeeded
 */
public record Switchover(long lastRound, long deviceState, long delivery, long loading) {}
