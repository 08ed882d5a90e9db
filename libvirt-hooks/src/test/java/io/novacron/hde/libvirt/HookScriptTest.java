package io.novacron.hde.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the hook script as libvirt does: a minimal environment, the domain's XML on stdin. */
class HookScriptTest {
    private static final Path SCRIPT = Path.of("src/main/dist/qemu.d/hde").toAbsolutePath();
    private static final String UUID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    private static final String XML =
            "<domain type='qemu'>\n  <name>n</name>\n  <uuid>" + UUID + "</uuid>\n" + "  <metadata/>\n".repeat(20_000);

    private static final String PASS_ON = "name=$(cat \"$1\"; printf .); shift; exec \"$0\" \"${name%.}\" \"$@\"";

    private record Result(int status, String output) {}

    private static Result run(Path runDirectory, String stdin, String... arguments)
            throws IOException, InterruptedException {
        // Through a file and the shell, because Java encodes arguments as the locale of the build happens to be.
        Path name = Files.createTempFile("hook", ".guest");
        Files.writeString(name, arguments.length == 0 ? "" : arguments[0]);
        List<String> command = new ArrayList<>(List.of("sh", "-c", PASS_ON, SCRIPT.toString(), name.toString()));
        command.addAll(Arrays.asList(arguments).subList(Math.min(1, arguments.length), arguments.length));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("HDE_RUN", runDirectory.toString());
        Process process = builder.start();
        try (var pipe = process.getOutputStream()) {
            pipe.write(stdin.getBytes(StandardCharsets.UTF_8));
        } catch (IOException leftUnread) {
            // As it should be: the script reads no further than the UUID. libvirt bears that too.
            assertThat(stdin).hasSizeGreaterThan(100);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        Files.delete(name);
        return new Result(status, output);
    }

    private static Path spool(Path runDirectory) throws IOException {
        return Files.createDirectories(runDirectory.resolve("hooks"));
    }

    private static List<String> events(Path spool) throws IOException {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.list(spool)) {
            for (Path file : (Iterable<Path>) files.sorted()::iterator) {
                assertThat(file.getFileName().toString()).matches("[0-9]{19}\\.[0-9]+\\.event");
                texts.add(Files.readString(file));
            }
        }
        return texts;
    }

    private static void assertSilent(Result result) {
        assertThat(result).isEqualTo(new Result(0, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"migrate", "prepare", "release"})
    void leavesOneFileForEachCall(String operation, @TempDir Path run) throws Exception {
        Path spool = spool(run);
        assertSilent(run(run, XML, "vm 1", operation, "begin", "-"));
        assertThat(events(spool)).containsExactly(operation + "\t" + UUID + "\tvm 1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "started", "stopped", "reconnect", "restore", "attach", "migrat", "*", ""})
    void saysNothingOfOtherOperations(String operation, @TempDir Path run) throws Exception {
        Path spool = spool(run);
        assertSilent(run(run, XML, "vm", operation, "begin", "-"));
        assertThat(events(spool)).isEmpty();
    }

    @Test
    void worksWithoutArgumentsAndWithoutXml(@TempDir Path run) throws Exception {
        Path spool = spool(run);
        assertSilent(run(run, ""));
        assertSilent(run(run, "", "vm"));
        assertSilent(run(run, "", "vm", "migrate", "begin", "-"));
        assertSilent(run(run, "<uuid>not-a-uuid</uuid>\n", "vm", "migrate", "begin", "-"));
        assertSilent(run(run, "<uuid>" + UUID.replace('a', '\t') + "</uuid>\n", "vm", "migrate", "begin", "-"));
        assertThat(events(spool)).hasSize(3).containsOnly("migrate\t-\tvm\n");
    }

    @Property(tries = 40)
    void hostileNamesArriveWholeOrNotAtAll(@ForAll("names") String name) throws Exception {
        Path run = Files.createTempDirectory("hook");
        Path spool = spool(run);
        assertSilent(run(run, XML, name, "prepare", "begin", "-"));
        List<String> events = events(spool);
        boolean possible = !name.isEmpty()
                && !name.contains("/")
                && !name.contains("\n")
                && name.getBytes(StandardCharsets.UTF_8).length <= 255;
        assertThat(events).isEqualTo(possible ? List.of("prepare\t" + UUID + "\t" + name + "\n") : List.<String>of());
        try (Stream<Path> left = Files.list(run)) {
            assertThat(left).containsExactly(spool);
        }
        for (String ignored : events) {
            try (Stream<Path> files = Files.list(spool)) {
                Files.delete(files.findFirst().orElseThrow());
            }
        }
        Files.delete(spool);
        Files.delete(run);
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        "$(touch pwned)",
                        "`touch pwned`",
                        "'; touch pwned; '",
                        "\"$HOME\"",
                        "-rf",
                        "--",
                        "-n",
                        "%s%n",
                        "*",
                        "../x",
                        "a\nb",
                        " lead and trail ",
                        "\\",
                        "\\n",
                        "\\c",
                        "~",
                        "&",
                        "#",
                        "ü日本",
                        "x".repeat(255),
                        "x".repeat(256),
                        "x".repeat(70_000)),
                Arbitraries.strings()
                        .withChars("ab$`'\"\\ \n/*?[]-;&|<>(){}!#~%=ü日")
                        .ofMaxLength(40));
    }

    @Test
    void doesNothingWithoutASpool(@TempDir Path run) throws Exception {
        assertSilent(run(run, XML, "vm", "migrate", "begin", "-"));
        try (Stream<Path> files = Files.list(run)) {
            assertThat(files).isEmpty();
        }
        assertSilent(run(run.resolve("missing"), XML, "vm", "migrate", "begin", "-"));
    }

    @Test
    void aSpoolThatCannotBeWrittenIsNoError(@TempDir Path run) throws Exception {
        // /proc refuses new files even to root.
        Files.createSymbolicLink(run.resolve("hooks"), Path.of("/proc/self/task"));
        assertSilent(run(run, XML, "vm", "migrate", "begin", "-"));
        Path file = Files.createDirectory(run.resolve("other")).resolve("hooks");
        Files.writeString(file, "not a directory");
        assertSilent(run(file.getParent(), XML, "vm", "migrate", "begin", "-"));
        assertThat(file).hasContent("not a directory");
    }

    @Test
    void aSpoolThatNobodyReadsStopsGrowing(@TempDir Path run) throws Exception {
        Path spool = spool(run);
        for (int i = 0; i < 255; i++) {
            Files.createFile(spool.resolve("1700000000000000000." + i + ".event"));
        }
        assertSilent(run(run, XML, "last", "migrate", "begin", "-"));
        assertSilent(run(run, XML, "too many", "migrate", "begin", "-"));
        assertThat(events(spool)).hasSize(256).endsWith("migrate\t" + UUID + "\tlast\n");
    }
}
