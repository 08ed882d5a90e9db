package io.novacron.hde.wire;

import java.util.Arrays;
import java.util.Optional;

/** What a channel carries, and so what the destination connects it to: {@code channel_type} in Hello. */
public enum ChannelType {
    /** A migration stream, to the QEMU that waits for the VM on its socket. */
    MEMORY(0),
    /** A disk's blocks (NBD), to the same QEMU. */
    DISK(1),
    /** libvirt's own conversation, to libvirt's socket. */
    CONTROL(2),
    /** A TCP connection that was made to a port of the destination's host, to the QEMU that listens there. */
    TCP(3),
    /** The memory of a VM that runs on, to no QEMU at all: the destination keeps it as a baseline. */
    SEED(4),
    /** Nothing: the source wants to know what the destination holds of a VM's memory, and how fast the link is. */
    ESTIMATE(5);

    private final int number;

    ChannelType(int number) {
        this.number = number;
    }

    /** As it crosses the wire. */
    public int number() {
        return number;
    }

    /** The type with this number; empty if there is none. */
    public static Optional<ChannelType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }
}
