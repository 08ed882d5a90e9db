package io.novacron.hde.dictionary;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Knows which VMs have a part of their memory in common. */
public interface Families {
    /** Families of two and more among these VMs. A VM is in one at most. */
    List<Set<UUID>> among(Collection<UUID> vms);
}
