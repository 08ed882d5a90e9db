package io.novacron.hde.dictionary;

import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A dictionary as the store has it. Key: SHA-256 over the dictionary (32 bytes), the peer's name in UTF-8, nothing for this
 * host's own. Value, big-endian:
 *
 * <pre>
 * u8   version of this form, 1
 * u8   resource type: 1 vm-memory, 2 vm-disk, 3 vm-network
 * u8   scope: 1 general, 2 family, 3 vm
 * u64  made at, ms since 1970
 * u32  samples
 * u64  bytes of the held-back samples without a dictionary
 * u64  the same with it
 * u16  VMs: the members of the family, or the one VM; 16 bytes each
 * u16  bytes of the VM's name, and the name in UTF-8
 * u32  bytes of the dictionary, and the dictionary
 * </pre>
 */
final class DictionaryRecord {
    private static final byte VERSION = 1;
    private static final byte GENERAL = 1;
    private static final byte FAMILY = 2;
    private static final byte VM = 3;
    private static final int FIXED = 3 + 8 + 4 + 8 + 8 + 2 + 2 + 4;
    private static final int DIGEST = 32;

    private DictionaryRecord() {}

    static byte[] value(Dictionary dictionary) {
        byte scope;
        List<UUID> vms;
        String vmName = "";
        if (dictionary.scope() instanceof Scope.Vm vm) {
            scope = VM;
            vms = List.of(vm.vm());
            vmName = vm.name();
        } else if (dictionary.scope() instanceof Scope.Family family) {
            scope = FAMILY;
            vms = family.members();
        } else {
            scope = GENERAL;
            vms = List.of();
        }
        byte[] name = vmName.getBytes(StandardCharsets.UTF_8);
        if (name.length > 0xffff) {
            throw new IllegalArgumentException("A name has " + name.length + " bytes, but at most 65535 are possible");
        }
        byte[] bytes = dictionary.content().bytes();
        ByteBuffer to = ByteBuffer.allocate(FIXED + 16 * vms.size() + name.length + bytes.length);
        to.put(VERSION).put(dictionary.type().id()).put(scope);
        to.putLong(dictionary.madeAt()).putInt(dictionary.samples());
        to.putLong(dictionary.plainBytes()).putLong(dictionary.packedBytes());
        to.putShort((short) vms.size());
        vms.forEach(vm -> to.putLong(vm.getMostSignificantBits()).putLong(vm.getLeastSignificantBits()));
        to.putShort((short) name.length).put(name);
        return to.putInt(bytes.length).put(bytes).array();
    }

    /** The reverse; empty if they are damaged or of another version. */
    static Optional<Dictionary> read(byte[] key, byte[] value) {
        if (key.length < DIGEST) {
            return Optional.empty();
        }
        String digest = HexFormat.of().formatHex(key, 0, DIGEST);
        String peer = new String(key, DIGEST, key.length - DIGEST, StandardCharsets.UTF_8);
        try {
            ByteBuffer from = ByteBuffer.wrap(value);
            if (from.get() != VERSION) {
                return Optional.empty();
            }
            Optional<ResourceType> type = ResourceType.byId(from.get());
            byte scopeId = from.get();
            long madeAt = from.getLong();
            int samples = from.getInt();
            long plainBytes = from.getLong();
            long packedBytes = from.getLong();
            int count = Short.toUnsignedInt(from.getShort());
            List<UUID> vms = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                vms.add(new UUID(from.getLong(), from.getLong()));
            }
            String name = new String(bytes(from, Short.toUnsignedInt(from.getShort())), StandardCharsets.UTF_8);
            byte[] content = bytes(from, from.getInt());
            Optional<Scope> scope = scope(scopeId, vms, name);
            if (type.isEmpty()
                    || scope.isEmpty()
                    || from.hasRemaining()
                    || !Dictionary.digest(content).equals(digest)) {
                return Optional.empty();
            }
            return Optional.of(new Dictionary(
                    type.get(),
                    scope.get(),
                    peer,
                    digest,
                    madeAt,
                    samples,
                    plainBytes,
                    packedBytes,
                    FrameDictionary.of(content)));
        } catch (BufferUnderflowException | FrameException e) {
            return Optional.empty();
        }
    }

    private static Optional<Scope> scope(byte id, List<UUID> vms, String name) {
        return switch (id) {
            case GENERAL -> Optional.of(new Scope.General());
            case FAMILY -> Optional.of(new Scope.Family(vms));
            case VM -> vms.size() == 1 ? Optional.of(new Scope.Vm(vms.get(0), name)) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static byte[] bytes(ByteBuffer from, int length) {
        if (length < 0 || length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }
}
