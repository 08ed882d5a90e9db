package io.novacron.hde.config;

import io.novacron.hde.fuzz.Bounded;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A configuration file: a configuration, or problems in lines that can be shown. */
public final class ConfigFuzz {
    private static final SystemFacts FACTS = new SystemFacts("alpha", 2);

    private ConfigFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        // Each line may be a problem that names what is allowed there.
        Bounded.run((1 << 20) + 16_384L * bytes.length, () -> read(text));
    }

    private static void read(String text) {
        try {
            HdeConfig config = new ConfigReader(FACTS).read(text, "hde.yaml").config();
            if (config.host().name().isEmpty()) {
                throw new AssertionError("a configuration without a host's name");
            }
        } catch (ConfigException e) {
            if (e.problems().isEmpty() || e.problems().stream().anyMatch(ConfigFuzz::isHidden)) {
                throw new AssertionError("problems that cannot be shown: " + e.problems(), e);
            }
        }
    }

    private static boolean isHidden(String problem) {
        return problem.chars().anyMatch(c -> c < ' ' || c == 127);
    }

    /** The sample, all options of a small one, and what YAML has beside. */
    public static Map<String, byte[]> seeds() throws ConfigException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        put(seeds, "sample", ConfigText.sample());
        put(seeds, "small", "host: {name: alpha}\npeers:\n  beta: {address: beta.example.org, certificate-name: b}\n");
        put(seeds, "lists", "codec:\n  threads: [1, 2]\n  delta-algorithm: \"zstd\"\nlog: {level: &a debug, x: *a}\n");
        put(
                seeds,
                "block",
                "host:\n  name: |\n    alpha\nstore: {max-size: 20G, min-free: 1G}\n--- \n!!binary ? a : b");
        put(seeds, "values", "verify-stream: true\nwarm-up: no\ndedup: vm\nsockets: {mode: 0770, group: kvm}\n");
        return seeds;
    }

    private static void put(Map<String, byte[]> seeds, String name, String text) {
        seeds.put(name, text.getBytes(StandardCharsets.UTF_8));
    }
}
