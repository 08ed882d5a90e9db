package io.novacron.hde.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A way to migrate without libvirt, as Proxmox does: capabilities of QEMU itself.
 *
 * @param capabilities that are switched on at both ends
 * @param parameters beside the usual ones
 */
record QmpMode(List<String> capabilities, Map<String, Object> parameters) {
    QmpMode {
        capabilities = List.copyOf(capabilities);
        parameters = Map.copyOf(parameters);
    }

    static QmpMode of(String... capabilities) {
        return new QmpMode(Arrays.asList(capabilities), Map.of());
    }

    private QmpMode with(String parameter, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(parameters);
        more.put(parameter, value);
        return new QmpMode(capabilities, more);
    }

    String name() {
        List<String> words = new ArrayList<>(capabilities);
        parameters.forEach((name, value) -> words.add(name + "=" + value));
        return "QMP: " + (words.isEmpty() ? "no capability" : String.join(" + ", words));
    }

    boolean has(String capability) {
        return capabilities.contains(capability);
    }

    /** Those that QEMU accepts together and that change what crosses. */
    static List<QmpMode> combinations() {
        return List.of(
                of(),
                of("return-path", "multifd"),
                of("multifd").with("multifd-compression", "zstd"),
                of("multifd").with("multifd-compression", "zlib"),
                of("multifd").with("multifd-channels", 8),
                of("multifd", "auto-converge"),
                of("multifd", "postcopy-ram"),
                of("xbzrle", "auto-converge"),
                of("xbzrle", "return-path", "pause-before-switchover"),
                of("xbzrle", "postcopy-ram"),
                of("compress", "auto-converge"),
                of("postcopy-ram", "return-path"),
                of("postcopy-ram", "postcopy-preempt"),
                of("postcopy-ram", "release-ram"),
                of("postcopy-ram", "postcopy-blocktime"),
                of("postcopy-ram", "auto-converge", "pause-before-switchover"),
                of("postcopy-ram", "dirty-bitmaps"),
                of("return-path", "switchover-ack"),
                of("validate-uuid", "late-block-activate", "dirty-bitmaps", "events"));
    }
}
