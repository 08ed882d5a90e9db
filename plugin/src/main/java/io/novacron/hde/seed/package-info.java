/**
 * Seeding: a running VM's memory as a migration stream, so that it crosses to a peer as a migration's does, and both hosts
 * keep it as a baseline before the VM ever migrates.
 *
 * <p>A {@link io.novacron.hde.seed.SeedStream} goes through the guest's memory ({@link io.novacron.hde.seed.GuestPages},
 * read from outside while the guest runs) and writes the pages that differ from what the peer holds; what it takes of the
 * processors is bounded by a {@link io.novacron.hde.seed.ProcessorShare}, and a {@link io.novacron.hde.seed.RefreshInterval}
 * says when the next pass pays. A page that is torn, or changes a moment later, costs bytes in the migration and nothing
 * else: what the migration sends is what QEMU writes.
 */
package io.novacron.hde.seed;
