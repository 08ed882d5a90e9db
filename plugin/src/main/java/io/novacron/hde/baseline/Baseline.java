package io.novacron.hde.baseline;

import java.util.List;
import java.util.UUID;

/**
 * What is known of a stored baseline without its table.
 *
 * @param root what it is known by
 * @param vm the VM's UUID
 * @param vmName the VM's name when it was captured
 * @param disk empty for memory; else the name under which QEMU exported the disk whose blocks these are
 * @param peer the host with which the migration was made, at either end; empty in what a release stored that did not note it
 * @param generation counts the baselines of one VM on this host, from 1
 * @param capturedAt milliseconds since 1970
 * @param lastUsed milliseconds since 1970
 * @param presentPages pages in the table, zero pages included
 * @param chunks of its table in which there is a page
 * @param layout the VM's RAM blocks, or the disk
 * @param partialOf empty for a baseline; else the id of the migration that failed and left what had crossed: its pages
 *     are known, but the table is no memory that the VM ever had
 */
public record Baseline(
        Root root,
        UUID vm,
        String vmName,
        String disk,
        String peer,
        long generation,
        long capturedAt,
        long lastUsed,
        long presentPages,
        long chunks,
        List<BlockLayout> layout,
        String partialOf) {
    public Baseline {
        layout = List.copyOf(layout);
    }

    /** Whether these are a disk's blocks. */
    public boolean isDisk() {
        return !disk.isEmpty();
    }

    /** Whether a migration that failed has left it. */
    public boolean isPartial() {
        return !partialOf.isEmpty();
    }
}
