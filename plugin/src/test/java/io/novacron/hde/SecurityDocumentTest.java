package io.novacron.hde;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/security.md} names tests for what it says; they must be there. */
class SecurityDocumentTest {
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+(?:Test|IT))(?:\\.(\\w+))?`(?: \\(([^)]*)\\))?");
    private static final Pattern METHOD = Pattern.compile("`(\\w+)`");

    private static Map<String, Path> tests() throws IOException {
        Map<String, Path> tests = new HashMap<>();
        for (String module : List.of("plugin", "qemu-bridge", "libvirt-hooks", "integration-tests")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
                    tests.put(file.getFileName().toString().replace(".java", ""), file);
                }
            }
        }
        return tests;
    }

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        Map<String, Path> tests = tests();
        Matcher named = TEST.matcher(Files.readString(Path.of("../docs/security.md")));
        int count = 0;
        while (named.find()) {
            count++;
            Path file = tests.get(named.group(1));
            assertThat(file).as(named.group()).isNotNull();
            String text = Files.readString(file);
            Optional.ofNullable(named.group(2))
                    .ifPresent(method -> assertThat(text).contains(" " + method + "("));
            Matcher methods = METHOD.matcher(Optional.ofNullable(named.group(3)).orElse(""));
            while (methods.find()) {
                assertThat(text).contains(" " + methods.group(1) + "(");
            }
        }
        assertThat(count).isGreaterThan(30);
    }
}
