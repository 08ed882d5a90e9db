package io.novacron.hde.libvirt;

import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Input;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A file in the hook's spool. Input: u8 length of its name, 0 for a good one; the name in UTF-8; what is in it. */
public final class HookFuzz {
    private static final String NAME = "1700000000123456789.42.event";

    private HookFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        byte[] name = input.take(input.u8());
        byte[] content = input.rest();
        Bounded.run(64L * bytes.length, () -> read(name, content));
    }

    private static void read(byte[] name, byte[] content) {
        Optional<HookEvent> event =
                HookSpool.read(name.length == 0 ? NAME : new String(name, StandardCharsets.UTF_8), content);
        if (event.isPresent()) {
            String guest = event.get().guest();
            boolean possible = !guest.isEmpty()
                    && guest.chars().noneMatch(c -> c == '/' || c < ' ')
                    && event.get().uuid().map(uuid -> uuid.length() == 36).orElse(true);
            if (!possible) {
                throw new AssertionError("not a domain's name or UUID: " + event.get());
            }
        }
    }

    /** What the hook script writes. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        seeds.put("migrate", seed(NAME, "migrate\t7c9e6679-7425-40de-944b-e07fc1f90ae7\tweb\n"));
        seeds.put("prepare", seed("", "prepare\t-\tw\u00e9b 2\n"));
        seeds.put("release", seed("", "release\t7c9e6679-7425-40de-944b-e07fc1f90ae7\tweb\n"));
        return seeds;
    }

    private static byte[] seed(String name, String line) {
        byte[] text = line.getBytes(StandardCharsets.UTF_8);
        return Input.of(Input.u8(name.length()), name.getBytes(StandardCharsets.UTF_8), text);
    }
}
