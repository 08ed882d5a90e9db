package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Debian's Prometheus scrapes both agents while a VM migrates there and back, and what it knows then is what the agents'
 * records say. Alert rules and dashboard are evaluated by it.
 */
class MetricsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROMETHEUS = "http://127.0.0.1:9090";
    private static final int PORT = 7422;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;

    @BeforeAll
    static void migrateThereAndBack() throws IOException {
        for (LabHost host : LAB.lab().hosts()) {
            host.agent().stop();
            host.agent()
                    .configure(
                            host.agent().configuration() + "metrics: {listen: '" + address(host) + ":" + PORT + "'}\n");
            host.agent().start();
        }
        LAB.lab().hosts().forEach(host -> host.agent().awaitReady());
        startPrometheus(LAB.lab().host("hA"));
        scene = Scene.withGuest(LAB, "counted");
        // slow enough that what is told of running migrations is scraped too
        LAB.lab().shape("20mbit");
        scene.migrate();
        scene.migrate();
        // the last figures of both have been scraped
        Waiting.until(
                "the second migration's figures",
                SOON,
                () -> value("sum(hde_migrations_total)").orElse(0) == 4
                        && value("sum(hde_channels)").isEmpty(),
                () -> query("hde_migrations_total").toString());
        Waiting.sleep(3000);
    }

    @AfterAll
    static void stopPrometheus() {
        scene.a().run("sh", "-c", "kill $(cat /tmp/prometheus.pid)");
    }

    private static String address(LabHost host) {
        return host.run("sh", "-c", "ip -4 -o addr show dev eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'");
    }

    private static void startPrometheus(LabHost host) throws IOException {
        StringBuilder config = new StringBuilder("""
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [/tmp/hde.rules.yml]
                scrape_configs:
                - job_name: hde
                  static_configs:
                """);
        for (LabHost each : LAB.lab().hosts()) {
            config.append(
                    "  - {targets: ['" + address(each) + ":" + PORT + "'], labels: {host: " + each.name() + "}}\n");
        }
        Files.writeString(host.seenFromHere("/tmp/prometheus.yml"), config);
        Files.copy(delivered("prometheus/hde.rules.yml"), host.seenFromHere("/tmp/hde.rules.yml"));
        host.run(
                "sh",
                "-c",
                "promtool check config /tmp/prometheus.yml && { setsid prometheus --config.file=/tmp/prometheus.yml"
                        + " --storage.tsdb.path=/tmp/prometheus --web.listen-address=127.0.0.1:9090"
                        + " </dev/null >/tmp/prometheus.log 2>&1 & echo $! >/tmp/prometheus.pid; }");
        Waiting.until(
                "both agents in Prometheus",
                SOON,
                () -> value("sum(up)").orElse(0) == 2,
                () -> host.run("tail", "-n", "5", "/tmp/prometheus.log"));
    }

    private static Path delivered(String name) {
        return Lab.project().resolve("deb/src/main/deb").resolve(name);
    }

    /** The result of an expression; an error is an exception. */
    private static JsonNode query(String expression) {
        return api("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .path("result");
    }

    private static JsonNode api(String path) {
        Output output = LAB.lab().host("hA").tryRun("busybox", "wget", "-q", "-O", "-", PROMETHEUS + "/api/v1/" + path);
        try {
            JsonNode answer = JSON.readTree(output.out());
            return answer == null ? JSON.missingNode() : answer.path("data");
        } catch (JsonProcessingException e) {
            throw new LabException("Prometheus did not answer " + path + ": " + output.out() + output.err(), e);
        }
    }

    /** The one value of an expression; empty if it has none, or Prometheus does not answer yet. */
    private static OptionalDouble value(String expression) {
        JsonNode result = query(expression);
        assertThat(result.size()).as(expression).isLessThan(2);
        return result.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(
                        Double.parseDouble(result.get(0).path("value").get(1).asText()));
    }

    private static void assertValue(String expression, long expected) {
        assertValue(expression, (double) expected);
    }

    private static void assertValue(String expression, double expected) {
        assertThat(value(expression)).as(expression).hasValue(expected);
    }

    private static JsonNode record(LabHost host, String direction) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode channel : host.agent().status().path("recent")) {
            if (channel.path("vm").asText().equals("counted")
                    && channel.path("direction").asText().equals(direction)) {
                found.add(channel);
            }
        }
        assertThat(found).as("records of %s on %s", direction, host).hasSize(1);
        return found.get(0);
    }

    @Test
    void whatIsCountedIsWhatTheRecordsSay() {
        for (LabHost host : List.of(scene.a(), scene.b())) {
            for (String direction : List.of("send", "receive")) {
                JsonNode record = record(host, direction);
                String labels = "{host=\"" + host + "\",peer=\"" + scene.other(host) + "\",direction=\"" + direction
                        + "\",type=\"memory\"}";
                double stream = record.path("stream_bytes").asLong();
                double wire = record.path("wire_bytes").asLong();
                assertValue("hde_bytes_original_total" + labels, stream);
                assertValue("hde_bytes_compressed_total" + labels, wire);
                assertThat(value("hde_bytes_saved_total" + labels).orElseThrow())
                        .isBetween(stream - wire, stream);
                Map<String, Long> tiers = JSON.convertValue(
                        record.path("pages_by_tier"),
                        JSON.getTypeFactory().constructMapType(Map.class, String.class, Long.class));
                tiers.forEach((tier, pages) -> assertValue(
                        "sum(hde_pages_total{host=\"" + host + "\",direction=\"" + direction + "\",tier=\"" + tier
                                + "\"})",
                        pages));
                String of = "{host=\"" + host + "\",direction=\"" + direction + "\"}";
                long hits = tiers.get("kept") + tiers.get("known") + tiers.get("delta");
                assertValue("hde_delta_hits_total" + of, hits);
                assertThat(value("hde_compression_ratio" + of).orElseThrow())
                        .isCloseTo(stream / wire, Offset.offset(1e-9 * stream));
                assertValue("hde_naks_total" + labels, record.path("naks").asLong());
                assertValue(
                        "hde_tunnel_resumes_total" + labels,
                        record.path("resumptions").asLong());
                assertValue("hde_baseline_refreshes_total" + of, 1);
                String migrations =
                        "hde_migrations_total{host=\"" + host + "\",direction=\"" + direction + "\",outcome=\"";
                assertValue(migrations + "completed\"}", 1);
                assertValue(migrations + "failed\"}", 0);
                String ofVm = "{host=\"" + host + "\",vm=\"counted\",direction=\"" + direction + "\"";
                assertValue("hde_vm_migrations_total" + ofVm + ",outcome=\"completed\"}", 1);
                assertValue("hde_vm_migrations_total" + ofVm + ",outcome=\"failed\"}", 0);
                assertValue("hde_vm_bytes_original_total" + ofVm + "}", stream);
                assertValue("hde_vm_bytes_compressed_total" + ofVm + "}", wire);
                Instant end = Instant.parse(record.path("finished").asText());
                assertValue("hde_vm_last_migration_timestamp_seconds" + ofVm + "}", end.toEpochMilli() / 1000.0);
                Duration time =
                        Duration.between(Instant.parse(record.path("started").asText()), end);
                assertValue("hde_migration_seconds_count" + of, 1);
                assertValue("hde_migration_seconds_sum" + of, time.toMillis() / 1000.0);
            }
        }
    }

    @Test
    void whatOnlyTheSourceKnowsIsCounted() {
        for (LabHost host : List.of(scene.a(), scene.b())) {
            JsonNode record = record(host, "send");
            String of = "{host=\"" + host + "\"}";
            long downtime = 0;
            for (String phase : List.of("last_round", "device_state", "delivery", "loading")) {
                long millis = record.path("switchover").path(phase + "_ms").asLong();
                downtime += millis;
                assertValue(
                        "hde_downtime_phase_seconds_total{host=\"" + host + "\",phase=\"" + phase + "\"}",
                        millis / 1000.0);
            }
            assertValue("hde_downtime_seconds_count" + of, 1);
            assertValue("hde_downtime_seconds_sum" + of, downtime / 1000.0);
            assertValue(
                    "hde_level_adjustments_total" + of, record.path("levels").size() - 1);
            assertThat(value("hde_compression_seconds_count" + of).orElseThrow())
                    .isPositive();
            assertValue(
                    "sum(hde_deltas_total" + of + ")",
                    record.path("pages_by_tier").path("delta").asLong());
        }
    }

    @Test
    void whatAHostHoldsIsTold() throws Exception {
        for (LabHost host : List.of(scene.a(), scene.b())) {
            String of = "{host=\"" + host + "\"}";
            JsonNode baselines = JSON.readTree(host.run("hde", "baseline", "list", "--json"));
            assertValue("sum(hde_baselines" + of + ")", baselines.size());
            Path file = host.directory("/var/lib/hde").resolve("pages.mv");
            Waiting.until(
                    "the size of " + file,
                    SOON,
                    () -> value("hde_store_file_bytes" + of).orElse(-1)
                            == file.toFile().length(),
                    () -> query("hde_store_file_bytes").toString());
            assertValue("hde_store_max_bytes" + of, 4.0 * (1 << 30));
            assertThat(value("hde_store_live_bytes" + of).orElseThrow()).isPositive();
            assertValue("hde_ready" + of, 1);
            assertValue("hde_peer_failing" + of, 0);
            double told = value("hde_anonymous_memory_bytes" + of).orElseThrow();
            assertThat(told).isBetween(20e6, 400e6);
            assertThat(host.run(
                            "busybox", "wget", "-q", "-O", "-", "http://" + address(host) + ":" + PORT + "/healthz"))
                    .isEqualTo("ok");
        }
    }

    @Test
    void promtoolHasNothingToSay() {
        for (LabHost host : List.of(scene.a(), scene.b())) {
            Output promtool = host.tryRun(
                    "sh",
                    "-c",
                    "busybox wget -q -O - http://" + address(host) + ":" + PORT + "/metrics | promtool check metrics");
            assertThat(promtool.ok()).as(promtool.out() + promtool.err()).isTrue();
            assertThat(promtool.out() + promtool.err()).isEmpty();
        }
    }

    @Test
    void everyAlertIsEvaluatedAndNoneIsRaised() throws IOException {
        int rules = 0;
        for (JsonNode group : api("rules").path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                rules++;
                assertThat(rule.path("health").asText()).as("%s", rule).isEqualTo("ok");
                // how long a guest stands still is a matter of the machine, too
                if (!rule.path("name").asText().equals("HdeDowntimeIsLong")) {
                    assertThat(rule.path("state").asText()).as("%s", rule).isEqualTo("inactive");
                }
                assertNamesAreKnown(rule.path("query").asText());
            }
        }
        assertThat(rules).isEqualTo(9);
    }

    @Test
    void everyPanelOfTheDashboardShowsSomething() throws Exception {
        JsonNode dashboard = JSON.readTree(Files.readString(delivered("grafana/hde.json")));
        int expressions = 0;
        for (JsonNode panel : dashboard.path("panels")) {
            int results = 0;
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr")
                        .asText()
                        .replace("$__rate_interval", "5m")
                        .replace("$__interval", "5m")
                        .replace("$__range", "1h")
                        .replace("$instance", ".*");
                JsonNode result = query(expression);
                assertThat(result.isArray()).as(expression).isTrue();
                results += result.size();
                expressions++;
                assertNamesAreKnown(expression);
            }
            // nothing migrates while they are looked at
            if (!List.of("Still to go", "Link and level")
                    .contains(panel.path("title").asText())) {
                assertThat(results).as(panel.path("title").asText()).isPositive();
            }
        }
        assertThat(expressions).isGreaterThan(30);
    }

    /** A name that no agent ever tells would make an expression that is right and always empty. */
    private static void assertNamesAreKnown(String expression) throws IOException {
        Set<String> known = Pattern.compile("^\\| `([a-z_]+)`", Pattern.MULTILINE)
                .matcher(Files.readString(Lab.project().resolve("docs/metrics.md")))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
        for (String word : expression.split("[^A-Za-z0-9_]+", -1)) {
            if (word.startsWith("hde_") || word.startsWith("process_")) {
                assertThat(known).as(expression).contains(word.replaceFirst("_(bucket|sum|count)$", ""));
            }
        }
    }
}
