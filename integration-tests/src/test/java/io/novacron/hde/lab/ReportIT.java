package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code hde report} of real migrations, opened in a real browser (Debian's chromium, without a window). */
class ReportIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FIGURE = Pattern.compile("id=\"([a-z0-9-]+)\" data-value=\"([^\"]*)\"");

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startTheGuest() {
        scene = Scene.withGuest(LAB, "tiny");
        scene.prepare();
    }

    /** What a browser makes of the page, when it has it. */
    private String seenInBrowser(String page) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve("report.html"), page);
        Path out = directory.resolve("dom.html");
        Process browser = new ProcessBuilder(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--user-data-dir=" + directory.resolve("profile"),
                        "--dump-dom",
                        file.toUri().toString())
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("browser.log").toFile())
                .start();
        if (!browser.waitFor(2, TimeUnit.MINUTES)) {
            browser.destroyForcibly();
        }
        String dom = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(dom)
                .as(Files.readString(directory.resolve("browser.log"), StandardCharsets.UTF_8))
                .contains("</html>");
        return dom;
    }

    private static Map<String, String> figures(String dom) {
        Map<String, String> figures = new HashMap<>();
        Matcher matcher = FIGURE.matcher(dom);
        while (matcher.find()) {
            figures.put(matcher.group(1), matcher.group(2));
        }
        return figures;
    }

    private static JsonNode record(LabHost host, String id) throws IOException {
        return JSON.readTree(host.run("hde", "history", id, "--json")).get(0);
    }

    @Test
    void theFiguresInTheBrowserAreThoseOfTheRecord() throws Exception {
        LabHost source = scene.guest().onlyHost();
        scene.migrate();

        String id = JSON.readTree(source.run("hde", "history", "--json"))
                .get(0)
                .get("migration")
                .asText();
        String page = source.run("hde", "report", "last");
        assertThat(source.run("hde", "report", id.substring(0, 8))).isEqualTo(page);
        String dom = seenInBrowser(page);
        Map<String, String> figures = figures(dom);
        JsonNode record = record(source, id);

        assertThat(figures)
                .containsEntry("migration", id)
                .containsEntry("crossed", record.get("wire_bytes").asText())
                .containsEntry("qemu-wrote", record.get("stream_bytes").asText())
                .containsEntry(
                        "saved",
                        Long.toString(record.get("stream_bytes").asLong()
                                - record.get("wire_bytes").asLong()))
                .containsEntry("rounds", record.get("rounds").asText())
                .containsEntry("went-through", record.get("rounds").asText())
                .containsEntry("asked-for-again", record.get("naks").asText());
        long down = 0;
        for (String phase : new String[] {"last-round", "device-state", "delivery", "loading"}) {
            String millis = record.get("switchover")
                    .get(phase.replace('-', '_') + "_ms")
                    .asText();
            assertThat(figures).containsEntry("downtime-" + phase, millis);
            down += Long.parseLong(millis);
        }
        assertThat(figures).containsEntry("stood-still", Long.toString(down));
        for (String tier : new String[] {"zero", "kept", "known", "delta", "new", "raw"}) {
            assertThat(figures)
                    .containsEntry(
                            "pages-" + tier,
                            record.get("pages_by_tier").get(tier).asText());
        }
        // the tiny guest's memory, in regions of eight pages, with whatever most of it is
        assertThat(dom).contains("<svg class=\"map\"", ">pc.ram, 128.0 MiB</text>", "<path class=\"zero\"");
        assertThat(dom).contains("<svg class=\"chart\"");
        assertThat(Pattern.compile("<g><title>").matcher(dom).results().count()).isGreaterThan(3);

        LabHost destination = scene.other(source);
        String received = destination.run("hde", "report", id.substring(0, 8));
        assertThat(figures(received)).containsEntry("migration", id);
        assertThat(received)
                .contains(source.name() + " → " + destination.name(), "has the report on the host that sent the VM");
    }
}
