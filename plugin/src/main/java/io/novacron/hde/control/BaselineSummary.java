package io.novacron.hde.control;

import java.time.Instant;

/**
 * One baseline in the store.
 *
 * @param vm the name the VM had
 * @param disk the name under which QEMU exports the disk whose blocks it describes; null where it describes memory
 * @param root in hexadecimal
 * @param peer with whom it was exchanged; empty if an older release stored it
 * @param generation counts the VM's baselines on this host
 * @param captured when the memory or disk was like this
 * @param bytes of guest memory, or of the disk, that it describes
 * @param pages that are not zero
 * @param inUse whether a migration uses it now
 */
public record BaselineSummary(
        String vm,
        String uuid,
        String disk,
        String root,
        String peer,
        long generation,
        Instant captured,
        long bytes,
        long pages,
        boolean inUse) {}
