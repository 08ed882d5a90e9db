package io.novacron.hde.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.novacron.hde.channel.ProgressOf;
import io.novacron.hde.channel.Switchover;
import io.novacron.hde.codec.FrameReport;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is scraped, as it comes over HTTP. */
class MetricsTest {
    private static final Switchover SWITCHOVER = new Switchover(100, 20, 30, 50);

    private final ChannelLedger ledger = new ChannelLedger(List.of("b", "c"));
    private MetricsServer.Health health = new MetricsServer.Health(true, "ok");
    private MetricsServer server;

    private record Facts() implements HostFacts {
        @Override
        public String version() {
            return "hde 1";
        }

        @Override
        public boolean ready() {
            return true;
        }

        @Override
        public long storeLiveBytes() {
            return 10;
        }

        @Override
        public long storeFileBytes() {
            return 20;
        }

        @Override
        public long storeMaxBytes() {
            return 30;
        }

        @Override
        public Map<String, Long> baselines() {
            return Map.of("memory", 4L, "disk", 5L);
        }

        @Override
        public Map<DictionaryKind, Long> dictionaries() {
            return Map.of(new DictionaryKind("general", "own"), 1L, new DictionaryKind("vm", "peer"), 2L);
        }

        @Override
        public long dictionariesTrained() {
            return 6;
        }

        @Override
        public OptionalLong lastDictionary() {
            return OptionalLong.of(1_700_000_000_500L);
        }

        @Override
        public Map<String, Boolean> peersFailing() {
            return Map.of("b", true, "c", false);
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = new MetricsServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                () -> health,
                new ChannelMetrics(ledger, true),
                new HostMetrics(new Facts()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private List<String> scrape() throws IOException, InterruptedException {
        HttpResponse<String> response = ask("GET", "/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body().lines().toList();
    }

    private static ProgressOf sending(String vm) {
        return new ProgressOf(vm, "b", true, ChannelType.MEMORY);
    }

    @Test
    void everySeriesOfAPeerIsThereBeforeAnythingHappens() throws Exception {
        assertThat(scrape())
                .contains(
                        "hde_bytes_original_total{direction=\"send\",peer=\"b\",type=\"memory\"} 0.0",
                        "hde_migrations_total{direction=\"receive\",outcome=\"failed\",peer=\"c\"} 0.0",
                        "hde_naks_total{direction=\"send\",peer=\"c\",type=\"disk\"} 0.0",
                        "hde_downtime_seconds_count 0",
                        "hde_migration_seconds_count{direction=\"send\"} 0",
                        "hde_deltas_total{algorithm=\"bsdiff\",form=\"delta\"} 0.0");
    }

    @Test
    void aRunningChannelIsCountedAndNotTwiceWhenItHasEnded() throws Exception {
        ProgressOf channel =
                sending("vm").crossed(1000, 100).pages(Tier.KEPT, 3).pages(Tier.NEW, 1);
        ledger.begun(channel.progress());
        String original = "hde_bytes_original_total{direction=\"send\",peer=\"b\",type=\"memory\"} ";
        String ofVm = "hde_vm_bytes_compressed_total{direction=\"send\",vm=\"vm\"} ";
        assertThat(scrape())
                .contains(
                        original + "1000.0",
                        ofVm + "100.0",
                        "hde_channels{direction=\"send\",peer=\"b\",type=\"memory\"} 1.0",
                        "hde_delta_hit_rate{direction=\"send\"} 0.75",
                        "hde_vm_migrations_total{direction=\"send\",outcome=\"completed\",vm=\"vm\"} 0.0");
        channel.crossed(2000, 150).completed(SWITCHOVER, "root");
        ledger.ended(channel.progress());
        ledger.ended(channel.progress());
        assertThat(scrape())
                .contains(
                        original + "2000.0",
                        ofVm + "150.0",
                        "hde_bytes_saved_total{direction=\"send\",peer=\"b\",type=\"memory\"} 1850.0",
                        "hde_migrations_total{direction=\"send\",outcome=\"completed\",peer=\"b\"} 1.0",
                        "hde_vm_migrations_total{direction=\"send\",outcome=\"completed\",vm=\"vm\"} 1.0",
                        "hde_baseline_refreshes_total{direction=\"send\"} 1.0",
                        "hde_downtime_seconds_bucket{le=\"0.1\"} 0",
                        "hde_downtime_seconds_bucket{le=\"0.2\"} 1",
                        "hde_downtime_seconds_sum 0.2",
                        "hde_downtime_phase_seconds_total{phase=\"device_state\"} 0.02",
                        "hde_migration_seconds_count{direction=\"send\"} 1")
                .noneMatch(line -> line.startsWith("hde_channels"));
    }

    @Test
    void whatIsSavedDoesNotFall() throws Exception {
        ProgressOf channel = sending("vm").crossed(1000, 100);
        ledger.begun(channel.progress());
        String saved = "hde_bytes_saved_total{direction=\"send\",peer=\"b\",type=\"memory\"} ";
        assertThat(scrape()).contains(saved + "900.0");
        channel.crossed(1000, 500);
        assertThat(scrape()).contains(saved + "900.0");
    }

    @Test
    void whatPackersDoIsCountedByTheWordsOfTheOptions() throws Exception {
        ProgressOf channel = sending("vm")
                .level(3)
                .level(1)
                .level(1)
                .packed(new FrameReport("delta-xor-runs", 7, 70, false), TimeUnit.MILLISECONDS.toNanos(3))
                .packed(new FrameReport("referenced-zstd", 48, 900, false), TimeUnit.MILLISECONDS.toNanos(30))
                .packed(new FrameReport("zstd", 4, 90, true), TimeUnit.MICROSECONDS.toNanos(10))
                .packed(new FrameReport("stored", 5, 90, false), TimeUnit.SECONDS.toNanos(2));
        ledger.begun(channel.progress());
        assertThat(scrape())
                .contains(
                        "hde_deltas_total{algorithm=\"xor\",form=\"delta\"} 7.0",
                        "hde_deltas_total{algorithm=\"zstd\",form=\"referenced\"} 48.0",
                        "hde_auto_selects_total{algorithm=\"xor\"} 1.0",
                        "hde_incompressible_skips_total 5.0",
                        "hde_dictionary_frames_total 1.0",
                        "hde_dictionary_efficiency 0.5",
                        "hde_level_adjustments_total 1.0",
                        "hde_compression_seconds_bucket{le=\"0.002\"} 1",
                        "hde_compression_seconds_bucket{le=\"0.005\"} 2",
                        "hde_compression_seconds_bucket{le=\"1.0\"} 3",
                        "hde_compression_seconds_count 4",
                        "hde_compression_level{channel=\"01234567-0\",peer=\"b\",vm=\"vm\"} 1.0");
    }

    @Test
    void troubleIsCounted() throws Exception {
        ProgressOf failed = sending("vm").trouble(2, 3, "TLS inside the stream").failed();
        ledger.begun(failed.progress());
        ledger.ended(failed.progress());
        String labels = "{direction=\"send\",peer=\"b\",type=\"memory\"} ";
        assertThat(scrape())
                .contains(
                        "hde_naks_total" + labels + "2.0",
                        "hde_tunnel_resumes_total" + labels + "3.0",
                        "hde_passed_through_channels_total" + labels + "1.0",
                        "hde_migrations_total{direction=\"send\",outcome=\"failed\",peer=\"b\"} 1.0",
                        "hde_migration_seconds_count{direction=\"send\"} 0",
                        "hde_peer_failing{peer=\"b\"} 1.0",
                        "hde_peer_failing{peer=\"c\"} 0.0");
    }

    @Test
    void disksAndLibvirtsConversationsAreNoMigrations() throws Exception {
        for (ChannelType type : List.of(ChannelType.DISK, ChannelType.CONTROL)) {
            ProgressOf channel =
                    new ProgressOf("vm", "b", true, type).crossed(10, 10).completed(SWITCHOVER, null);
            ledger.begun(channel.progress());
            ledger.ended(channel.progress());
        }
        assertThat(scrape())
                .contains(
                        "hde_migrations_total{direction=\"send\",outcome=\"completed\",peer=\"b\"} 0.0",
                        "hde_bytes_original_total{direction=\"send\",peer=\"b\",type=\"disk\"} 10.0",
                        "hde_bytes_original_total{direction=\"send\",peer=\"b\",type=\"control\"} 10.0",
                        "hde_vm_bytes_original_total{direction=\"send\",vm=\"vm\"} 10.0");
    }

    @Test
    void onlyTheLastVmsAreRemembered() throws Exception {
        for (int i = 0; i <= ChannelLedger.MOST_VMS; i++) {
            for (boolean sends : List.of(true, false)) {
                ProgressOf channel = new ProgressOf("vm" + i, "b", sends, ChannelType.MEMORY).failed();
                ledger.begun(channel.progress());
                ledger.ended(channel.progress());
            }
        }
        Set<String> vms = scrape().stream()
                .filter(line -> line.startsWith("hde_vm_migrations_total"))
                .map(line -> line.replaceAll(".*vm=\"(.*)\".*", "$1"))
                .collect(Collectors.toSet());
        assertThat(vms)
                .hasSize(ChannelLedger.MOST_VMS)
                .contains("vm" + ChannelLedger.MOST_VMS)
                .doesNotContain("vm0");
    }

    @Test
    void namesOfVmsAreEscaped() throws Exception {
        ledger.begun(sending("a\"b\\c\u00e4").progress());
        assertThat(scrape()).contains("hde_vm_bytes_original_total{direction=\"send\",vm=\"a\\\"b\\\\c\u00e4\"} 0.0");
    }

    @Test
    void theHostIsTold() throws Exception {
        assertThat(scrape())
                .contains(
                        "hde_build_info{version=\"hde 1\"} 1.0",
                        "hde_ready 1.0",
                        "hde_store_live_bytes 10.0",
                        "hde_baselines{type=\"disk\"} 5.0",
                        "hde_dictionaries{origin=\"peer\",scope=\"vm\"} 2.0",
                        "hde_dictionaries{origin=\"own\",scope=\"family\"} 0.0",
                        "hde_dictionaries_trained_total 6.0",
                        "hde_last_dict_update_timestamp_seconds 1.7000000005E9")
                .anyMatch(line -> line.matches("hde_anonymous_memory_bytes [1-9].*"))
                .anyMatch(line -> line.matches("process_cpu_seconds_total [0-9].*"));
    }

    @Test
    void healthAndWrongQuestions() throws Exception {
        assertThat(ask("GET", "/healthz").body()).isEqualTo("ok\n");
        assertThat(ask("HEAD", "/healthz").statusCode()).isEqualTo(200);
        health = new MetricsServer.Health(false, "no connection to libvirt");
        assertThat(ask("GET", "/healthz").statusCode()).isEqualTo(503);
        assertThat(ask("GET", "/healthz").body()).isEqualTo("no connection to libvirt\n");
        assertThat(ask("POST", "/metrics").statusCode()).isEqualTo(405);
        assertThat(ask("GET", "/metrics/more").statusCode()).isEqualTo(404);
        assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
    }

    @Test
    void whoDoesNotEndHisQuestionKeepsNobodyOutForLong() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
                silent.add(socket);
                socket.getOutputStream().write("GET /healthz HTTP/1.1\r\nHost: a".getBytes(StandardCharsets.US_ASCII));
            }
            assertTimeoutPreemptively(
                    Duration.ofSeconds(30),
                    () -> assertThat(ask("GET", "/healthz").statusCode()).isEqualTo(200));
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void anAddressThatIsTakenOrUnknownIsAnError() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> new MetricsServer(
                            new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort()),
                            () -> health,
                            new ChannelMetrics(ledger, true),
                            new HostMetrics(new Facts())))
                    .isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new MetricsServer(
                        InetSocketAddress.createUnresolved("nowhere", 1),
                        () -> health,
                        new ChannelMetrics(ledger, true),
                        new HostMetrics(new Facts())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere");
    }

    /** With a channel of every kind, everything that is ever told is in the document, and nothing else. */
    @Test
    void theDocumentNamesAllMetrics() throws Exception {
        ProgressOf channel = sending("vm")
                .crossed(10, 5)
                .pages(Tier.NEW, 1)
                .level(3)
                .packed(new FrameReport("zstd", 4, 90, false), 1);
        ProgressOf ended = sending("vm").completed(SWITCHOVER, "root");
        ledger.begun(channel.progress());
        ledger.begun(ended.progress());
        ledger.ended(ended.progress());
        Set<String> told = scrape().stream()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ", -1)[2])
                .collect(Collectors.toCollection(TreeSet::new));
        // only a migration that is under way for a while has a forecast
        told.add("hde_migration_remaining_seconds");
        Set<String> documented = Pattern.compile("^\\| `([a-z_]+)`", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("../docs/metrics.md")))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(told);
    }
}
