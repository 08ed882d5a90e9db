package io.novacron.hde.library;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/library.md says is so; later releases must be able to read its example for good. */
class LibraryDocumentTest {
    private static String document() throws IOException {
        return Files.readString(Path.of("../docs/library.md"));
    }

    private static String block(String heading) throws IOException {
        Matcher block =
                Pattern.compile("```" + heading + "\n(.*?)```", Pattern.DOTALL).matcher(document());
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    @Test
    void theHexExampleIsWhatIsWrittenAndRead() throws IOException, EncodedFormException {
        byte[] bytes = HexFormat.of().parseHex(block("hex form").replaceAll("\\s", ""));
        ByteBuffer data = ByteBuffer.wrap("abcdefgh".repeat(1000).getBytes(UTF_8));
        try (HdeEncoder encoder = new HdeEncoder(EncoderOptions.defaults())) {
            assertThat(encoder.decode("vm-7", ByteBuffer.wrap(bytes))).isEqualTo(data);
            encoder.forget("vm-7");
            assertThat(encoder.encode("vm-7", data)).isEqualTo(ByteBuffer.wrap(bytes));
        }
    }

    @Test
    void theJavaExamplePrintsWhatItSays(@TempDir Path directory) throws Exception {
        Path source = directory.resolve("Example.java");
        Files.writeString(source, """
                import static java.nio.charset.StandardCharsets.UTF_8;
                import io.novacron.hde.library.*;
                import java.nio.ByteBuffer;
                public class Example {
                    public static String run() throws EncodedFormException {
                        %s
                    }
                }
                """.formatted(
                        block("java example").replaceAll("System\\.out\\.println\\((.*)\\);", "return $1;")));
        StringWriter messages = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        boolean compiled;
        try (var files = compiler.getStandardFileManager(null, null, UTF_8)) {
            compiled = compiler.getTask(
                            new PrintWriter(messages),
                            files,
                            null,
                            List.of("-proc:none", "-d", directory.toString(), "-classpath", classPath()),
                            null,
                            files.getJavaFileObjects(source))
                    .call();
        }
        assertThat(compiled).as(messages.toString()).isTrue();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            Object printed = loader.loadClass("Example").getMethod("run").invoke(null);
            assertThat(document()).contains("prints `" + printed + "`.");
        }
    }

    private static String classPath() {
        return Path.of(HdeEncoder.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .toString();
    }

    @Test
    void theVersionAndTheDefaultsAreThoseOfTheDocument() throws IOException {
        EncoderOptions defaults = EncoderOptions.defaults();
        assertThat(document())
                .contains("Version of the form: **" + EncodedForm.VERSION + "**")
                .contains(
                        "| `baselineInterval` | " + defaults.baselineInterval().toMinutes() + " min |")
                .contains("| `maxBaselineAge` | " + defaults.maxBaselineAge().toMinutes() + " min |")
                .contains("| `maxDeltaChain` | " + defaults.maxDeltaChain() + " |")
                .contains("| `compressionLevel` | " + defaults.compressionLevel() + " |")
                .contains("| `minCompressionRatio` | " + defaults.minCompressionRatio() + " |")
                .contains("| `targetRatio` | " + Math.round(defaults.targetRatio()) + " |")
                .contains("| `maxBaselineBytes` | " + (defaults.maxBaselineBytes() >> 20) + " MiB |")
                .contains("| `maxDataBytes` | " + (defaults.maxDataBytes() >> 20) + " MiB |");
        for (EncodedForm.Method method : EncodedForm.Method.values()) {
            assertThat(document()).contains("| " + method.number() + " " + method + " |");
        }
    }

    @Test
    void theSeedsFiguresAreThoseOfTheDocument() throws IOException {
        List<String> rows = new ArrayList<>();
        for (SeedInputs.Result result : SeedInputs.measure()) {
            rows.add("| %s: %s | %d | %d | %d | %d |"
                    .formatted(
                            result.name(),
                            result.what(),
                            result.size(),
                            result.seedBytes(),
                            result.zstdBytes(),
                            result.hdeBytes()));
        }
        assertThat(document()).contains(String.join("\n", rows));
    }
}
