package io.novacron.hde.dictionary;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a dictionary is for. The id is stored and never given to something else.
 *
 * <p>Samples are taken of {@link #VM_MEMORY} alone. Channels of disks use those of the VM's memory, and a batch's script gains next to
 * nothing from a dictionary ({@code docs/measurements.md}).
 */
public enum ResourceType {
    /** Pages of guest memory. */
    VM_MEMORY(1, "vm-memory"),
    /** Blocks of disks. */
    VM_DISK(2, "vm-disk"),
    /** Small messages. */
    VM_NETWORK(3, "vm-network");

    private final byte id;
    private final String typeName;

    ResourceType(int id, String typeName) {
        this.id = (byte) id;
        this.typeName = typeName;
    }

    /** What stands for it in the store. */
    byte id() {
        return id;
    }

    /** What it is called on the wire and on the command line. */
    public String typeName() {
        return typeName;
    }

    static Optional<ResourceType> byId(byte id) {
        return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
    }

    /** The type that is called so; empty if none is. */
    public static Optional<ResourceType> byName(String name) {
        return Arrays.stream(values())
                .filter(type -> type.typeName.equals(name))
                .findFirst();
    }
}
