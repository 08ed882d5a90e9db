package io.novacron.hde.dictionary;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** The samples of each VM that has sent pages from here of late, of {@value #MOST_VMS} VMs at most. Thread-safe. */
public final class SamplePool {
    static final int MOST_VMS = 64;

    /** A VM's samples, and the name it had. */
    record OfVm(String name, PageSamples samples) {}

    private final int capacity;
    // The one used last is the last.
    private final Map<UUID, OfVm> vms = new LinkedHashMap<>(16, 0.75f, true);

    /** @param capacity how many samples each VM has at most */
    public SamplePool(int capacity) {
        this.capacity = capacity;
    }

    /** The samples of a VM whose pages are about to cross. */
    public synchronized PageSamples of(UUID vm, String name) {
        OfVm known = vms.get(vm);
        PageSamples samples = known == null ? new PageSamples(capacity) : known.samples();
        vms.put(vm, new OfVm(name, samples));
        if (vms.size() > MOST_VMS) {
            vms.remove(vms.keySet().iterator().next());
        }
        return samples;
    }

    /** Forgets a VM: it was undefined. */
    public synchronized void drop(UUID vm) {
        vms.remove(vm);
    }

    /** All of them, the ones used last first. */
    synchronized Map<UUID, OfVm> all() {
        Map<UUID, OfVm> newestFirst = new LinkedHashMap<>();
        UUID[] order = vms.keySet().toArray(UUID[]::new);
        for (int i = order.length - 1; i >= 0; i--) {
            // not get(): that would count as use
            newestFirst.put(order[i], null);
        }
        vms.forEach(newestFirst::replace);
        return newestFirst;
    }
}
