/**
 * A running guest's memory, read from outside, and what of it has changed.
 *
 * <p>{@code GuestMemory} asks QEMU's monitor for the RAM blocks ({@code BlockFinder}, which reads what {@code RamBlocks}
 * and {@code FlatView} make of the answers), looks for them in the process ({@code AddressSpace}), and reads pages with
 * process_vm_readv ({@code ProcessMemory}). {@code Pagemap} is the kernel's word on each page; {@code SoftDirty} tells
 * from it what was written since a moment. {@code DirtyRate} has QEMU estimate how fast the guest writes.
 *
 * <p>Nothing here stops the guest, so a page may be read while it is written, and is then a mixture that the guest never
 * had. The migration stream stays the only source of truth.
 */
package io.novacron.hde.qemu.memory;
