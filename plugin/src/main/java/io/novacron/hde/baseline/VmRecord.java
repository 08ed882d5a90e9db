package io.novacron.hde.baseline;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/**
 * What is kept of a VM beside its baselines. Key: its UUID. Value, big-endian: u8 version, 1; u8 where it is, 1 here, 2
 * away; u64 the number of its last generation.
 */
record VmRecord(boolean away, long lastGeneration) {
    static final VmRecord NEW = new VmRecord(false, 0);

    private static final byte VERSION = 1;
    private static final byte HERE = 1;
    private static final byte AWAY = 2;
    private static final int BYTES = 2 + Long.BYTES;

    /** Bytes in a key. */
    static final int KEY = 16;

    static byte[] key(UUID vm) {
        return ByteBuffer.allocate(KEY)
                .putLong(vm.getMostSignificantBits())
                .putLong(vm.getLeastSignificantBits())
                .array();
    }

    byte[] value() {
        return ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .put(away ? AWAY : HERE)
                .putLong(lastGeneration)
                .array();
    }

    static VmRecord read(Optional<byte[]> value) {
        if (value.isEmpty() || value.get().length != BYTES || value.get()[0] != VERSION) {
            return NEW;
        }
        return new VmRecord(value.get()[1] == AWAY, ByteBuffer.wrap(value.get()).getLong(2));
    }
}
