package io.novacron.hde.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A way to migrate with virsh.
 *
 * @param name as the table has it
 * @param flags for virsh migrate
 * @param guest what the guest needs, in words that guest-start knows (lab/modes.sh)
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

    static final VirshMode PLAIN = of().named("direct, --persistent --undefinesource");
    static final VirshMode PEER_TO_PEER = of("--p2p");
    static final VirshMode PARALLEL = of("--parallel", "--parallel-connections", "2");
    static final VirshMode XBZRLE = of("--compressed", "--comp-methods", "xbzrle");
    static final VirshMode POSTCOPY = of("--postcopy")
            .named("--postcopy, then migrate-postcopy")
            .typing("migrate-postcopy", "VM")
            .passingThrough("postcopy");

    /** What a build has the time for. */
    static List<VirshMode> few() {
        return List.of(PLAIN, PEER_TO_PEER, PARALLEL, XBZRLE, POSTCOPY);
    }

    /** All that can be had on this machine. */
    static List<VirshMode> all() {
        List<VirshMode> modes = new ArrayList<>(few());
        modes.addAll(List.of(
                of("--p2p", "--parallel", "--parallel-connections", "2"),
                of("--postcopy", "--postcopy-after-precopy").passingThrough("postcopy"),
                of("--auto-converge"),
                of("--timeout", "2", "--timeout-suspend"),
                of("--bandwidth", "40"),
                of("--parallel", "--auto-converge"),
                of("--compressed", "--auto-converge"),
                of().named("migrate-setspeed, migrate-setmaxdowntime")
                        .typing("migrate-setspeed", "VM", "200")
                        .typing("migrate-setmaxdowntime", "VM", "500"),
                of().named("4 vCPUs").on("hw.vcpus", "4"),
                of("--parallel").named("4 vCPUs, --parallel").on("hw.vcpus", "4"),
                of().named("UEFI").on("hw.firmware", "uefi"),
                of().named("two NUMA nodes").on("hw.memory", "numa"),
                of("--parallel").named("two NUMA nodes, --parallel").on("hw.memory", "numa"),
                of().named("memfd-backed shared memory").on("hw.memory", "memfd"),
                of("--postcopy", "--postcopy-after-precopy")
                        .named("memfd-backed shared memory, --postcopy")
                        .on("hw.memory", "memfd")
                        .passingThrough("postcopy"),
                of().named("a memory device (DIMM)").on("hw.memory", "dimm"),
                of().named("virtio-mem").on("hw.memory", "virtio-mem"),
                of("--parallel").named("virtio-mem, --parallel").on("hw.memory", "virtio-mem")));
        return List.copyOf(modes);
    }
}
