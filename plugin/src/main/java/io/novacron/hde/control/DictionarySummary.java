package io.novacron.hde.control;

import java.time.Instant;
import java.util.List;

/**
 * One dictionary in the store.
 *
 * @param digest SHA-256 over it, in hexadecimal: its id
 * @param type what it is for, as {@code vm-memory}
 * @param scope {@code general}, {@code family} or {@code vm}
 * @param vm the name of the VM whose it is, or null
 * @param vms UUIDs of the family's members, or of the VM
 * @param peer who has sent it; null for this host's own
 * @param version by which frames name it
 * @param bytes its length
 * @param made when it was trained, or received
 * @param samples pages it was trained on and tested with; 0 of a peer's
 * @param plainBytes what pages that it was not trained on take without it, each alone; 0 of a peer's
 * @param packedBytes the same with it
 */
public record DictionarySummary(
        String digest,
        String type,
        String scope,
        String vm,
        List<String> vms,
        String peer,
        long version,
        long bytes,
        Instant made,
        int samples,
        long plainBytes,
        long packedBytes) {}
