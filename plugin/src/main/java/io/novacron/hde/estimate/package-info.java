/**
 * What a migration would cost if it began now.
 *
 * <p>{@link io.novacron.hde.estimate.TouchedPages} are what a running guest may have something in. {@link
 * io.novacron.hde.estimate.WriteWatch} looks at some of them for a while and says how many the guest writes in which time
 * ({@link io.novacron.hde.estimate.WriteCurve}); {@link io.novacron.hde.estimate.Survey} then says what each is to a peer
 * that holds certain baselines, and takes a sample of those that would have to be packed, which the codec packs. {@link
 * io.novacron.hde.estimate.MigrationModel} makes of all that the rounds of a migration, as QEMU would go about it.
 */
package io.novacron.hde.estimate;
