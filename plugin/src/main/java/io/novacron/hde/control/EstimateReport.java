package io.novacron.hde.control;

import java.time.Instant;
import java.util.List;

/**
 * What the migration of a VM to a peer is expected to cost if it begins now.
 *
 * @param uuid of the VM
 * @param made when
 * @param pages of the guest's memory, by what they are to the peer
 * @param sampledPages that were packed to see what becomes of them
 * @param baseline root of the baseline that the migration would start from, in hexadecimal; null for none
 * @param writtenBytesPerSecond what the guest writes at first, whole pages counted, each once
 * @param writesFromKernel whether the kernel has told what is written; if not, pages that were compared have changed
 * @param linkBytesPerSecond what the tunnel has carried a moment ago
 * @param plain from QEMU to QEMU over the same link
 * @param hde through the agents
 * @param seeded through the agents, after the VM has been seeded
 * @param seedBytes what a seed would send
 * @param seedMillis how long that would take
 * @param leastPages the least hashes of its pages: how many two VMs have in common says how much memory they share
 */
public record EstimateReport(
        String vm,
        String uuid,
        String peer,
        Instant made,
        Pages pages,
        long sampledPages,
        String baseline,
        long writtenBytesPerSecond,
        boolean writesFromKernel,
        long linkBytesPerSecond,
        Way plain,
        Way hde,
        Way seeded,
        long seedBytes,
        long seedMillis,
        List<Long> leastPages) {
    public EstimateReport {
        leastPages = List.copyOf(leastPages);
    }

    /**
     * Pages of 4096 bytes.
     *
     * @param zero that hold nothing
     * @param kept that the peer has in the same place
     * @param known that it has elsewhere, or that come a second time
     * @param packed that have to be sent, as deltas or whole
     */
    public record Pages(long zero, long kept, long known, long packed) {}

    /**
     * One way to migrate.
     *
     * @param wireBytes on the link, TLS and TCP not included
     * @param error of these that another sample would show, one standard error; null where there is none, or it is not known
     * @param totalMillis from QEMU's first byte until the guest runs over there
     * @param downtimeMillis of that, while it stands still
     * @param rounds over the memory
     * @param converges whether it comes to an end by itself; if not, bytes and times are those until that shows
     */
    public record Way(
            long wireBytes, Long error, long totalMillis, long downtimeMillis, long rounds, boolean converges) {}
}
