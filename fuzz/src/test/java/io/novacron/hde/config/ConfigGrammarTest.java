package io.novacron.hde.config;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Configuration files of options that there are, with values and notations that may be anything. */
class ConfigGrammarTest {
    @Property(tries = 300)
    void files(@ForAll("lines") List<String> lines) {
        ConfigFuzz.fuzzerTestOneInput(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    @Provide
    Arbitrary<List<String>> lines() {
        Arbitrary<String> values = Arbitraries.oneOf(List.of(
                Arbitraries.of("alpha", "20G", "99999999999999999999G", "5m", "9223372036854775807d", "0770", "-1"),
                Arbitraries.of("on", "~", "''", "[::1]:7", "\"[::1]:7420\"", "host:0", "host:65536", "&a x", "*a"),
                Arbitraries.of("!!binary aGk=", "!!binary %", "!!int x", "!x y", "{a: [}", "[[[", "|", ">", "? "),
                Arbitraries.strings().ofMaxLength(12)));
        Arbitrary<String> line = Combinators.combine(
                        Arbitraries.of(Options.ALL),
                        values,
                        Arbitraries.integers().between(0, 5))
                .as((option, value, form) -> {
                    List<String> path = option.segments().stream()
                            .map(segment -> segment.equals(Options.ANY) ? "beta" : segment)
                            .toList();
                    return switch (form) {
                        case 0 -> path.get(0) + ": " + value;
                        case 1 -> String.join(": {", path) + ": " + value + "}".repeat(path.size() - 1);
                        case 2 -> "\"" + path.get(0) + "\":\n  " + path.get(path.size() - 1) + ": " + value;
                        case 3 -> "--- # " + value;
                        case 4 -> "%TAG " + value;
                        default -> " ".repeat(2 * path.size()) + path.get(path.size() - 1) + ": " + value;
                    };
                });
        return line.list().ofMinSize(1).ofMaxSize(8);
    }
}
