package io.novacron.hde.dictionary;

import java.util.List;
import java.util.UUID;

/** Whose pages a dictionary was trained on, and whose it is for. */
public sealed interface Scope {
    /** What it is called on the wire and on the command line. */
    String scopeName();

    /** All VMs of a host. */
    record General() implements Scope {
        @Override
        public String scopeName() {
            return "general";
        }
    }

    /**
     * VMs that have a part of their memory in common, because they run the same image.
     *
     * @param members those it was trained on; not known of a peer's
     */
    record Family(List<UUID> members) implements Scope {
        public Family {
            members = List.copyOf(members);
        }

        @Override
        public String scopeName() {
            return "family";
        }
    }

    /**
     * One VM.
     *
     * @param name the VM's when the dictionary was made
     */
    record Vm(UUID vm, String name) implements Scope {
        @Override
        public String scopeName() {
            return "vm";
        }
    }
}
