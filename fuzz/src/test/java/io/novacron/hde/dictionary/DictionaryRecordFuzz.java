package io.novacron.hde.dictionary;

import io.novacron.hde.codec.BatchFixture;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.fuzz.Bounded;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A dictionary's record in the store, under the digest of what it says is the dictionary. Input: the value. */
public final class DictionaryRecordFuzz {
    private DictionaryRecordFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        byte[] key = HexFormat.of().parseHex(Dictionary.digest(content(bytes)));
        Bounded.run(64L * bytes.length, () -> {
            Optional<Dictionary> read = DictionaryRecord.read(key, bytes);
            if (read.isPresent() && !Arrays.equals(DictionaryRecord.value(read.get()), bytes)) {
                check(read.get(), bytes);
            }
        });
    }

    /** What is no UTF-8 or does not belong to the scope is not kept, so it is written in another way, but only once. */
    private static void check(Dictionary dictionary, byte[] bytes) {
        byte[] written = DictionaryRecord.value(dictionary);
        Optional<Dictionary> again = DictionaryRecord.read(dictionary.key(), written);
        if (again.isEmpty() || !Arrays.equals(DictionaryRecord.value(again.get()), written)) {
            throw new AssertionError("a record of " + bytes.length + " bytes is read and cannot be written");
        }
    }

    /** The record's last field, if its lengths fit. */
    private static byte[] content(byte[] bytes) {
        int vms = 31;
        int name = vms + 2 + 16 * number(bytes, vms, 2);
        int content = name + 2 + number(bytes, name, 2);
        int length = number(bytes, content, 4);
        int at = content + 4;
        return length < 0 || at > bytes.length || length > bytes.length - at
                ? new byte[0]
                : Arrays.copyOfRange(bytes, at, at + length);
    }

    private static int number(byte[] bytes, int at, int length) {
        int value = 0;
        for (int i = at; i < at + length; i++) {
            value = (value << 8) | (i < bytes.length ? bytes[i] & 0xff : 0);
        }
        return value;
    }

    /** One of each scope. */
    public static Map<String, byte[]> seeds() throws Exception {
        FrameDictionary content = new BatchFixture().dictionary();
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        UUID vm = new UUID(1, 2);
        for (Scope scope :
                List.of(new Scope.General(), new Scope.Family(List.of(vm, new UUID(3, 4))), new Scope.Vm(vm, "web"))) {
            Dictionary dictionary = new Dictionary(
                    ResourceType.VM_MEMORY, scope, "", Dictionary.digest(content.bytes()), 5, 6, 7, 8, content);
            seeds.put(scope.scopeName(), DictionaryRecord.value(dictionary));
        }
        return seeds;
    }
}
