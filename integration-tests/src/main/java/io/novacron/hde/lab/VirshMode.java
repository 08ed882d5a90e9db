package io.novacron.hde.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A way to migrate with virsh.
 *
 * @param name as the table has it
 * @param flags for virsh migrate, in which VM stands for the guest and PEER for the host it goes to
 * @param guest what the guest needs, in words that guest-start knows (lab/guests.sh)
 * @param meanwhile what is typed while the migration runs, as soon as virsh accepts it: virsh's arguments, in which VM
 *     stands for the guest
 * @param passesThrough what the agents must say about a stream that they do not encode to its end; empty if they must
 *     encode all of it
 */
record VirshMode(
        String name,
        List<String> flags,
        Map<String, String> guest,
        List<List<String>> meanwhile,
        String passesThrough) {
    private static final String POSTCOPY_REASON = "postcopy";

    VirshMode {
        flags = List.copyOf(flags);
        guest = new TreeMap<>(guest);
        meanwhile = List.copyOf(meanwhile);
    }

    static VirshMode of(String... flags) {
        return new VirshMode(String.join(" ", flags), List.of(flags), Map.of(), List.of(), "");
    }

    private VirshMode named(String as) {
        return new VirshMode(as, flags, guest, meanwhile, passesThrough);
    }

    private VirshMode on(String option, String value) {
        Map<String, String> more = new TreeMap<>(guest);
        more.put(option, value);
        return new VirshMode(name, flags, more, meanwhile, passesThrough);
    }

    private VirshMode typing(String... command) {
        List<List<String>> more = new ArrayList<>(meanwhile);
        more.add(List.of(command));
        return new VirshMode(name, flags, guest, more, passesThrough);
    }

    private VirshMode passingThrough(String reason) {
        return new VirshMode(name, flags, guest, meanwhile, reason);
    }

    /** With disks that the hosts do not share. */
    private static VirshMode copying(String flag, int disks, String... more) {
        List<String> flags = new ArrayList<>(List.of(flag, "--disks-uri", "unix:///run/hde/PEER/VM-disk.sock"));
        flags.addAll(List.of(more));
        return of(flags.toArray(String[]::new))
                .named(flag
                        + (disks > 1 ? " of " + disks + " disks" : "")
                        + (more.length > 0 ? " " + String.join(" ", more) : ""))
                .on("hw.disks", Integer.toString(disks));
    }

    List<String> flags(String vm, String peer) {
        return flags.stream()
                .map(flag -> flag.replace("VM", vm).replace("PEER", peer))
                .toList();
    }

    /** How many disks the hosts do not share. */
    int disks() {
        return Integer.parseInt(guest.getOrDefault("hw.disks", "0"));
    }

    /** Whether the guest needs huge pages, of which the kernel has to have some. */
    boolean needsHugePages() {
        return "huge".equals(guest.get("hw.memory"));
    }

    static final VirshMode PLAIN = of().named("direct, --persistent --undefinesource");
    static final VirshMode PEER_TO_PEER = of("--p2p");
    static final VirshMode PARALLEL = of("--parallel", "--parallel-connections", "2");
    static final VirshMode XBZRLE = of("--compressed", "--comp-methods", "xbzrle");
    static final VirshMode POSTCOPY = of("--postcopy")
            .named("--postcopy, then migrate-postcopy")
            .typing("migrate-postcopy", "VM")
            .passingThrough(POSTCOPY_REASON);
    static final VirshMode POSTCOPY_RESUME =
            of("--postcopy", "--postcopy-resume").passingThrough(POSTCOPY_REASON + " recovery");
    static final VirshMode COPY_STORAGE = copying("--copy-storage-all", 1);
    static final VirshMode TLS = of("--tls", "--tls-destination", "PEER")
            .named("--tls")
            .passingThrough("TLS inside the stream (without --tls the tunnel encrypts it)");
    static final VirshMode AUTO_CONVERGE = of("--auto-converge");

    /** With a switch that comes by itself after the first pass: a downtime so small that precopy does not end before it. */
    private static VirshMode switching() {
        return of("--postcopy", "--postcopy-after-precopy")
                .typing("migrate-setmaxdowntime", "VM", "1")
                .passingThrough(POSTCOPY_REASON);
    }

    /** What a build has the time for. */
    static List<VirshMode> few() {
        return List.of(PLAIN, PEER_TO_PEER, PARALLEL, XBZRLE, POSTCOPY, TLS, AUTO_CONVERGE);
    }

    /** All that can be had on this machine. */
    static List<VirshMode> all() {
        VirshMode parallel = of("--parallel");
        return List.of(
                PLAIN,
                PEER_TO_PEER,
                PARALLEL,
                XBZRLE,
                POSTCOPY,
                TLS,
                AUTO_CONVERGE,
                of("--p2p", "--parallel", "--parallel-connections", "2"),
                of("--parallel", "--parallel-connections", "8"),
                switching(),
                of("--timeout", "2", "--timeout-suspend"),
                // virsh asks once, and QEMU refuses as long as libvirt has not told it that there will be postcopy
                of("--postcopy", "--timeout", "4", "--timeout-postcopy", "--bandwidth", "8")
                        .named("--postcopy --timeout 4 --timeout-postcopy")
                        .passingThrough(POSTCOPY_REASON),
                of("--bandwidth", "40"),
                of("--parallel", "--auto-converge"),
                of("--compressed", "--auto-converge"),
                of().named("migrate-setspeed, migrate-setmaxdowntime")
                        .typing("migrate-setspeed", "VM", "200")
                        .typing("migrate-setmaxdowntime", "VM", "500"),
                COPY_STORAGE,
                copying("--copy-storage-all", 3),
                copying("--copy-storage-all", 1, "--p2p", "--parallel"),
                of().named("4 vCPUs").on("hw.vcpus", "4"),
                parallel.named("4 vCPUs, --parallel").on("hw.vcpus", "4"),
                of().named("UEFI").on("hw.firmware", "uefi"),
                of().named("two NUMA nodes").on("hw.memory", "numa"),
                parallel.named("two NUMA nodes, --parallel").on("hw.memory", "numa"),
                of().named("huge pages").on("hw.memory", "huge"),
                parallel.named("huge pages, --parallel").on("hw.memory", "huge"),
                POSTCOPY.named("huge pages, --postcopy").on("hw.memory", "huge"),
                of().named("memfd-backed shared memory").on("hw.memory", "memfd"),
                POSTCOPY.named("memfd-backed shared memory, --postcopy").on("hw.memory", "memfd"),
                of().named("a memory device (DIMM)").on("hw.memory", "dimm"),
                of().named("virtio-mem").on("hw.memory", "virtio-mem"),
                parallel.named("virtio-mem, --parallel").on("hw.memory", "virtio-mem"));
    }
}
