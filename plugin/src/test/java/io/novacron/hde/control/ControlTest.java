package io.novacron.hde.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00.123Z");
    private static final ChannelReport CHANNEL = new ChannelReport(
            "m1",
            "vm \"1\"",
            "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            "b",
            ChannelReport.Direction.SEND,
            ChannelReport.Kind.PASS_THROUGH,
            "round 2",
            NOON,
            null,
            1L << 40,
            2,
            new PagesByTier(1, 2, 3, 4, 5, 6),
            2,
            7,
            8,
            10L,
            11L,
            0.25,
            true,
            9,
            1,
            new ChannelReport.Switchover(1, 2, 3, 4),
            "aa",
            null,
            ChannelReport.Outcome.RUNNING,
            null,
            null,
            "TLS",
            List.of(new ChannelReport.Level(10, 3, 1, 12_500_000)));
    private static final ChannelCourse COURSE = new ChannelCourse(
            CHANNEL,
            1,
            List.of(new ChannelCourse.Point(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)),
            new ChannelCourse.Map(List.of(new ChannelCourse.Block("pc.ram", 12_288, 3)), 1, "0.4", "101"));
    private static final StatusReport STATUS = new StatusReport(
            "a", "0.1", true, List.of(new PeerReport("b", "b:7420", 1, 0, null)), List.of(CHANNEL), List.of());
    private static final BaselineSummary BASELINE =
            new BaselineSummary("vm", "u", "drive-vda", "abcdef", "b", 3, NOON, 1 << 30, 5, true);

    private static final DictionarySummary DICTIONARY = new DictionarySummary(
            "abcdef", "vm-memory", "vm", "vm", List.of("u"), null, 0xffff_ffffL, 4096, NOON, 1000, 300, 200);
    private static final DictionaryTraining TRAINING = new DictionaryTraining("vm-disk", null, null, "none");

    private static final SeedReport SEED = new SeedReport(
            "vm", "u", "b", SeedReport.State.FRESH, true, false, 10, 10, 3, 100, 200, 2, NOON, NOON, "abcdef", null);

    private static final EstimateReport ESTIMATE = new EstimateReport(
            "vm",
            "u",
            "b",
            NOON,
            new EstimateReport.Pages(1, 2, 3, 4),
            4,
            "abcdef",
            5,
            true,
            6,
            new EstimateReport.Way(7, null, 8, 9, 10, false),
            new EstimateReport.Way(11, 1L, 12, 13, 14, true),
            new EstimateReport.Way(15, null, 16, 17, 18, true),
            19,
            20,
            List.of(1L, -1L));

    private static class Fixed implements ControlHandler {
        @Override
        public StatusReport status() {
            return STATUS;
        }

        @Override
        public List<BaselineSummary> baselines() {
            return List.of(BASELINE);
        }

        @Override
        public BaselineDetail baseline(String name) throws ControlException {
            if (!BASELINE.root().startsWith(name)) {
                throw new ControlException("no baseline is called \"" + name + "\"");
            }
            return new BaselineDetail(BASELINE, List.of(new BaselineDetail.Block("pc.ram", 1 << 30, 5)));
        }

        @Override
        public int dropBaselines(String name) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public List<DictionarySummary> dictionaries() {
            return List.of(DICTIONARY);
        }

        @Override
        public DictionarySummary dictionary(String id) throws ControlException {
            if (!DICTIONARY.digest().startsWith(id)) {
                throw new ControlException("no dictionary is called \"" + id + "\"");
            }
            return DICTIONARY;
        }

        @Override
        public TransparentReport transparent() {
            return new TransparentReport(false, 7421, List.of());
        }

        @Override
        public TransparentReport switchTransparent(boolean on) {
            return new TransparentReport(
                    on, 7421, List.of(new TransparentReport.Target("beta", "192.0.2.2", "49152-49215")));
        }

        @Override
        public List<ChannelCourse> courses(String migration) {
            return migration.equals(CHANNEL.migration()) ? List.of(COURSE) : List.of();
        }

        @Override
        public List<ChannelReport> history() {
            return List.of(CHANNEL);
        }

        @Override
        public List<SeedReport> seeds() {
            return List.of(SEED);
        }

        @Override
        public SeedReport seed(String vm, String peer, Long keepFreshSeconds, Long maxBandwidth)
                throws ControlException {
            if (!vm.equals(SEED.vm()) || keepFreshSeconds == null || maxBandwidth != null) {
                throw new ControlException("no VM " + vm);
            }
            return SEED;
        }

        @Override
        public SeedReport stopSeed(String vm, String peer) {
            return SEED;
        }

        @Override
        public EstimateReport estimate(String vm, String peer) throws ControlException {
            if (!vm.equals(ESTIMATE.vm())) {
                throw new ControlException("no VM " + vm);
            }
            return ESTIMATE;
        }

        @Override
        public List<DictionaryTraining> trainDictionaries(String type) {
            return type == null ? List.of(TRAINING, TRAINING) : List.of(TRAINING);
        }
    }

    private final ControlHandler handler = new Fixed();

    private static String raw(Path socket, String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            try {
                channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                // The server may have answered and closed before it read everything.
                assertThat(request).hasSizeGreaterThan(4096);
            }
            return read(channel);
        }
    }

    private static String read(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (channel.read(buffer) >= 0) {
            assertThat(buffer.hasRemaining()).isTrue();
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }

    @Test
    void everyRequestIsAnswered(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.rootOnly())) {
            ControlClient client = new ControlClient(socket);
            assertThat(client.status()).isEqualTo(STATUS);
            assertThat(client.baselines()).containsExactly(BASELINE);
            assertThat(client.baseline("abc").blocks()).hasSize(1);
            assertThatThrownBy(() -> client.baseline("x\ny"))
                    .isInstanceOf(ControlException.class)
                    .hasMessage("no baseline is called \"x\ny\"");
            assertThatThrownBy(() -> client.dropBaselines("vm"))
                    .isInstanceOf(ControlException.class)
                    .hasMessage("the agent failed at this: see its log");
            assertThat(client.dictionaries()).containsExactly(DICTIONARY);
            assertThat(client.dictionary("abc")).isEqualTo(DICTIONARY);
            assertThatThrownBy(() -> client.dictionary("x"))
                    .isInstanceOf(ControlException.class)
                    .hasMessage("no dictionary is called \"x\"");
            assertThat(client.trainDictionaries(null)).containsExactly(TRAINING, TRAINING);
            assertThat(client.trainDictionaries("vm-disk")).containsExactly(TRAINING);
            assertThat(client.courses("m1")).containsExactly(COURSE);
            assertThat(client.courses("m2")).isEmpty();
            assertThat(server).isNotNull();
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void namesInJsonAreThoseOfTheDocumentation(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.rootOnly())) {
            String answer = raw(socket, "{\"request\":\"status\"}\n");
            assertThat(answer).endsWith("}\n").doesNotContain("\n{");
            JsonNode status = ControlJson.mapper().readTree(answer).get("result");
            List<String> names = new ArrayList<>();
            status.get("channels").get(0).fieldNames().forEachRemaining(names::add);
            assertThat(names)
                    .containsExactly(
                            "migration",
                            "vm",
                            "uuid",
                            "peer",
                            "direction",
                            "kind",
                            "state",
                            "started",
                            "finished",
                            "stream_bytes",
                            "wire_bytes",
                            "pages_by_tier",
                            "rounds",
                            "link_bytes_per_second",
                            "buffered_bytes",
                            "remaining_bytes",
                            "remaining_ms",
                            "remaining_error",
                            "converges",
                            "naks",
                            "resumptions",
                            "switchover",
                            "baseline_used",
                            "baseline_committed",
                            "outcome",
                            "reason",
                            "stream_sha256",
                            "pass_through_reason",
                            "levels");
            assertThat(raw(socket, "{\"request\":\"courses\",\"migration\":\"m1\"}\n"))
                    .contains(
                            "\"channel\":1,\"points\":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14]],\"map\":{\"blocks\":[{\"name\":"
                                    + "\"pc.ram\",\"bytes\":12288,\"cells\":3}],\"pages_per_cell\":1,\"tiers\":\"0.4\",\"times\":\"101\"}");
            JsonNode channel = status.get("channels").get(0);
            assertThat(channel.get("pages_by_tier"))
                    .hasToString("{\"zero\":1,\"kept\":2,\"known\":3,\"delta\":4,\"new\":5,\"raw\":6}");
            assertThat(channel.get("direction").asText()).isEqualTo("send");
            assertThat(channel.get("kind").asText()).isEqualTo("pass-through");
            assertThat(channel.get("outcome").asText()).isEqualTo("running");
            assertThat(channel.get("started").asText()).isEqualTo("2026-11-22T12:00:00.123Z");
            assertThat(channel.get("finished").isNull()).isTrue();
            assertThat(status.get("peers").get(0).get("last_error").isNull()).isTrue();
            assertThat(server).isNotNull();
        }
    }

    @Test
    void garbageIsAnsweredWithAnErrorAndTheServerLivesOn(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.rootOnly())) {
            for (String garbage : List.of(
                    "\n",
                    "null\n",
                    "[]\n",
                    "{}\n",
                    "{\"request\":\"stop\"}\n",
                    "{\"request\":\"status\",\"x\":1}\n",
                    "{\"request\":\"baseline\"}\n",
                    "{\"request\":\"baseline\",\"name\":{}}\n",
                    "{\"request\":\"status\"} trailing\n",
                    "[".repeat(4000) + "\n")) {
                assertThat(raw(socket, garbage))
                        .as(garbage)
                        .startsWith("{\"error\":\"")
                        .endsWith("\"}\n");
            }
            for (String nameless : List.of(
                    "{\"request\":\"baseline\",\"name\":null}\n",
                    "{\"request\":\"drop_baselines\",\"name\":null}\n",
                    "{\"request\":\"dictionary\",\"id\":null}\n")) {
                assertThat(raw(socket, nameless)).startsWith("{\"error\":\"not a request: ");
            }
            assertThat(new ControlClient(socket).status()).isEqualTo(STATUS);
            assertThat(server).isNotNull();
        }
    }

    @Test
    void anEndlessRequestIsCutOff(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.rootOnly());
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer endless = ByteBuffer.wrap("x".repeat(64 << 10).getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> {
                        while (true) {
                            channel.write(endless.rewind());
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(new ControlClient(socket).status()).isEqualTo(STATUS);
            assertThat(server).isNotNull();
        }
    }

    @Test
    void silentClientsAreDroppedAndKeepNobodyOutForLong(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        List<SocketChannel> silent = new ArrayList<>();
        try (ControlServer server = new ControlServer(
                socket, handler, ControlAccess.rootOnly(), ControlServer::kernelsWord, Duration.ofSeconds(1))) {
            for (int i = 0; i < 8; i++) {
                silent.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            }
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(new ControlClient(socket).status()).isEqualTo(STATUS));
            for (SocketChannel channel : silent) {
                assertThat(read(channel)).isEmpty();
            }
            assertThat(server).isNotNull();
        } finally {
            for (SocketChannel channel : silent) {
                channel.close();
            }
        }
    }

    @Test
    void onlyTheOwnerMayUseTheSocketAndNothingElseIsLeft(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.rootOnly())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            try (Stream<Path> files = Files.list(directory)) {
                assertThat(files).containsExactly(socket);
            }
            assertThat(server).isNotNull();
        }
    }

    @Test
    void aGroupsMembersMayUseTheSocketToo(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        String group = Files.readAttributes(directory, PosixFileAttributes.class)
                .group()
                .getName();
        try (ControlServer server = new ControlServer(socket, handler, ControlAccess.ofGroup(group))) {
            PosixFileAttributes attributes = Files.readAttributes(socket, PosixFileAttributes.class);
            assertThat(PosixFilePermissions.toString(attributes.permissions())).isEqualTo("rw-rw----");
            assertThat(attributes.group().getName()).isEqualTo(group);
            // what the kernel says of this process
            assertThat(new ControlClient(socket).trainDictionaries("vm-disk")).containsExactly(TRAINING);
            assertThat(server).isNotNull();
        }
        assertThatThrownBy(() -> ControlAccess.ofGroup("no-such-group-here"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("control.group: there is no group no-such-group-here on this host");
    }

    @Test
    void anotherUserMayAskForWhatChangesNothingAndOnlyWithAGroup(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        String group = Files.readAttributes(directory, PosixFileAttributes.class)
                .group()
                .getName();
        UserPrincipal other =
                directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
        try (ControlServer server = new ControlServer(
                socket, handler, ControlAccess.ofGroup(group), client -> other, ControlServer.DEFAULT_LIMIT)) {
            ControlClient client = new ControlClient(socket);
            assertThat(client.status()).isEqualTo(STATUS);
            assertThat(client.baselines()).containsExactly(BASELINE);
            assertThat(client.baseline("abc").blocks()).hasSize(1);
            assertThat(client.dictionaries()).containsExactly(DICTIONARY);
            assertThat(client.dictionary("abc")).isEqualTo(DICTIONARY);
            String refusal =
                    "only root may do this; members of group " + group + " may ask for the status and the lists";
            assertThatThrownBy(() -> client.dropBaselines("vm")).hasMessage(refusal);
            assertThatThrownBy(() -> client.trainDictionaries(null)).hasMessage(refusal);
            assertThat(server).isNotNull();
        }
        try (ControlServer server = new ControlServer(
                socket, handler, ControlAccess.rootOnly(), client -> other, ControlServer.DEFAULT_LIMIT)) {
            assertThatThrownBy(() -> new ControlClient(socket).status())
                    .hasMessage("only root may ask the agent (control.group is none)");
            assertThat(server).isNotNull();
        }
    }

    @Test
    void aSecondAgentIsRefusedAndADeadOnesSocketIsTakenOver(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        ControlServer first = new ControlServer(socket, handler, ControlAccess.rootOnly());
        assertThatThrownBy(() -> new ControlServer(socket, handler, ControlAccess.rootOnly()))
                .isInstanceOf(IOException.class)
                .hasMessage("another agent runs already: it answers on " + socket);
        // As after a crash: the file is there, nobody listens.
        Path kept = Files.move(socket, directory.resolve("kept"));
        first.close();
        Files.move(kept, socket);
        try (ControlServer second = new ControlServer(socket, handler, ControlAccess.rootOnly())) {
            assertThat(new ControlClient(socket).status()).isEqualTo(STATUS);
            assertThat(second).isNotNull();
        }
    }

    @Test
    void anAgentThatIsAwayIsSaidToBe(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        ControlClient client = new ControlClient(socket, Duration.ofSeconds(1));
        assertThatThrownBy(client::status)
                .isInstanceOf(ControlException.class)
                .hasMessage("no agent answers on " + socket + ": start it with 'systemctl start hde'");
        assertThatThrownBy(() -> new ControlClient(directory.resolve("x".repeat(120))).status())
                .isInstanceOf(ControlException.class);
    }

    @Test
    void anAgentThatHangsIsGivenUp(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("control.sock");
        CompletableFuture<Void> hang = new CompletableFuture<>();
        ControlHandler hanging = new Fixed() {
            @Override
            public StatusReport status() {
                hang.join();
                return STATUS;
            }
        };
        try (ControlServer server = new ControlServer(socket, hanging, ControlAccess.rootOnly())) {
            assertThatThrownBy(() -> new ControlClient(socket, Duration.ofMillis(300)).status())
                    .isInstanceOf(ControlException.class)
                    .hasMessage("the agent at " + socket + " does not answer");
            hang.complete(null);
            assertThat(server).isNotNull();
        }
    }
}
