package io.novacron.hde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.bench.BenchReport;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.BaselineDetail;
import io.novacron.hde.control.BaselineSummary;
import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlAccess;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlHandler;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.ControlServer;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.control.DictionaryTraining;
import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.control.PagesByTier;
import io.novacron.hde.control.PeerReport;
import io.novacron.hde.control.SeedReport;
import io.novacron.hde.control.StatusReport;
import io.novacron.hde.control.TransparentReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HdeCommandTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final BaselineSummary BASELINE = new BaselineSummary(
            "vm1",
            "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            null,
            "00112233445566778899aabbccddeeff",
            "b",
            3,
            NOON,
            1 << 30,
            83_444,
            true);
    private static final DictionarySummary DICTIONARY = new DictionarySummary(
            "ffeeddccbbaa99887766554433221100",
            "vm-memory",
            "family",
            null,
            List.of("u1", "u2"),
            "b",
            4_294_967_295L,
            4096,
            NOON,
            1000,
            1000,
            625);

    private record Result(int status, String out, String err) {}

    @TempDir
    private Path directory;

    private Path config;

    @BeforeEach
    void writeConfig() throws IOException {
        config = directory.resolve("hde.yaml");
        Files.writeString(
                config,
                "host: {name: a}\npeers:\n  b: {address: b.example}\n  c: {address: '[fd00::3]:7421'}\n"
                        + "sockets: {directory: " + directory + "}\n");
    }

    private static Result run(AgentRunner runner, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new HdeCommand(runner, runner).execute(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    private static Result run(String... arguments) {
        return run(
                loaded -> {
                    throw new AssertionError("the agent must not run");
                },
                arguments);
    }

    /** With this test's configuration. */
    private Result with(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--config=" + config);
        return run(all.toArray(String[]::new));
    }

    private static void assertFailed(Result result, int status, String line) {
        assertThat(result).isEqualTo(new Result(status, "", "hde: " + line + "\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "|a command is missing; see 'hde --help'",
                "nonsense|Unmatched argument at index 0: 'nonsense'; see 'hde --help'",
                "--nonsense|Unknown option: '--nonsense'; see 'hde --help'",
                "status x|Unmatched argument at index 1: 'x'; see 'hde status --help'",
                "status --config|Missing required parameter for option '--config' (FILE); see 'hde status --help'",
                "baseline|a command is missing: list, show or drop; see 'hde baseline --help'",
                "baseline show|Missing required parameter: 'ROOT|VM'; see 'hde baseline show --help'",
                "dictionary|a command is missing: train, list or show; see 'hde dictionary --help'",
                "dictionary show|Missing required parameter: 'ID'; see 'hde dictionary show --help'",
                "dictionary train --type|Missing required parameter for option '--type' (TYPE); see 'hde dictionary train --help'",
                "transparent|a command is missing: on, off or status; see 'hde transparent --help'",
                "config|a command is missing: show, check, peers, sample or reference; see 'hde config --help'",
                "bench|Missing required parameter: 'FILE'; see 'hde bench --help'",
                "bench x --level=20|--level is -7 to 19, not 20; see 'hde bench --help'",
                "bench x --threads=0|--threads is 1 to 64, not 0; see 'hde bench --help'",
                "bench x --repeat=0|--repeat is 1 to 100, not 0; see 'hde bench --help'",
                "bench x --against=zstd,gzip|--against knows zstd and zstd-1 to zstd-19, not 'gzip'; see 'hde bench --help'",
                "setup|Missing required parameter: '[USER@]HOST[:PORT]'; see 'hde setup --help'",
                "setup root@-x|\"root@-x\" is not [USER@]HOST[:PORT]; see 'hde setup --help'",
                "report|Missing required parameter: 'ID'; see 'hde report --help'",
                "uri vm|Missing required parameter: 'PEER'; see 'hde uri --help'",
            })
    void aWrongCommandLineIsOneLineAndStatusTwo(String line) {
        int bar = line.indexOf('|');
        String arguments = line.substring(0, bar);
        assertFailed(arguments.isEmpty() ? run() : run(arguments.split(" ", -1)), 2, line.substring(bar + 1));
    }

    @Test
    void theDoctorNamesTheLineOfAWrongConfiguration() throws IOException {
        Files.writeString(config, "host: {name: a}\npeerz: {}\n");
        Result result = with("doctor");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out())
                .startsWith("error: configuration: " + config + ":2: peerz: no such option; did you mean peers?")
                .contains("\n  remedy: correct it ")
                .endsWith("errors: 1, warnings: 0\n");
        assertThat(with("doctor", "--json").out())
                .startsWith("{\"findings\":[{\"check\":\"configuration\",\"severity\":\"error\",\"problem\":\"");
    }

    @Test
    void lineBreaksInArgumentsStayInOneLine() {
        Result result = run("a\nb\u001b[2J", "c");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).hasLineCount(1).doesNotContain("\u001b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "agent",
                "status",
                "baseline",
                "baseline list",
                "baseline show",
                "bench",
                "baseline drop",
                "dictionary",
                "dictionary train",
                "dictionary list",
                "dictionary show",
                "transparent",
                "transparent on",
                "transparent off",
                "transparent status",
                "uri",
                "config",
                "config show",
                "config sample",
                "config check",
                "config peers",
                "config reference"
            })
    void everyCommandExplainsItself(String command) {
        List<String> arguments = new ArrayList<>();
        if (!command.isEmpty()) {
            arguments.addAll(List.of(command.split(" ", -1)));
        }
        arguments.add("--help");
        Result result = run(arguments.toArray(String[]::new));
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).startsWith("Usage: hde " + command);
    }

    @Test
    void theVersionIsPrinted() {
        assertThat(run("--version")).isEqualTo(new Result(0, "hde development" + System.lineSeparator(), ""));
    }

    @Test
    void theAgentRunsWithTheConfigurationAndItsStatusIsTheExitStatus() {
        List<HdeConfig> seen = new ArrayList<>();
        Result result = run(
                loaded -> {
                    seen.add(loaded);
                    return 7;
                },
                "agent",
                "--config",
                config.toString());
        assertThat(result).isEqualTo(new Result(7, "", ""));
        assertThat(seen)
                .singleElement()
                .satisfies(loaded -> assertThat(loaded.peers()).containsOnlyKeys("b", "c"));
    }

    @Test
    void aRehearsalHasTheAgentsConfigurationAndNoHelp() {
        List<HdeConfig> seen = new ArrayList<>();
        StringWriter out = new StringWriter();
        HdeCommand command = new HdeCommand(
                loaded -> {
                    throw new AssertionError("the agent must not run");
                },
                loaded -> {
                    seen.add(loaded);
                    return 0;
                });
        PrintWriter writer = new PrintWriter(out);
        assertThat(command.execute(writer, writer, "rehearse", "--config=" + config))
                .isZero();
        assertThat(seen)
                .singleElement()
                .satisfies(loaded -> assertThat(loaded.peers()).containsOnlyKeys("b", "c"));
        // It would be status 0 with nothing rehearsed.
        assertThat(command.execute(writer, writer, "rehearse", "--help")).isEqualTo(2);
    }

    @Test
    void whatFailsIsOneLineAndStatusOne() {
        AgentRunner failing = loaded -> {
            throw new IOException("the port 7420 is taken\nby another");
        };
        assertFailed(run(failing, "agent", "--config", config.toString()), 1, "the port 7420 is taken; by another");
        AgentRunner silent = loaded -> {
            throw new IllegalStateException();
        };
        assertFailed(run(silent, "agent", "--config", config.toString()), 1, "IllegalStateException");
    }

    @Test
    void aWrongConfigurationStopsEveryCommandThatNeedsIt() throws IOException {
        Files.writeString(config, "dedup: x\nwarm_up: true\n");
        String expected = "hde: " + config + ":1: dedup: \"x\" is not one of these words; allowed: vm, host\n" + "hde: "
                + config + ":2: warm_up: no such option; did you mean warm-up? Allowed here: ";
        for (String command : List.of(
                "agent", "status", "baseline list", "uri vm b", "config check", "config show", "config peers")) {
            Result result = with(command.split(" ", -1));
            assertThat(result.status()).as(command).isEqualTo(2);
            assertThat(result.out()).isEmpty();
            assertThat(result.err()).startsWith(expected).hasLineCount(2);
        }
        assertThat(with("config", "sample").status()).isZero();
    }

    @Test
    void theConfigurationIsCheckedAndPrinted() {
        assertThat(with("config", "check")).isEqualTo(new Result(0, "", ""));
        assertThat(with("config", "show").out())
                .contains("host:\n  name: a\npeers:\n  b:\n    address: \"b.example:7420\"\n");
        assertThat(with("config", "peers")).isEqualTo(new Result(0, "b\nc\n", ""));
        assertThat(run("config", "sample").out()).startsWith("# HDE's configuration");
        assertThat(run("config", "reference").out()).startsWith("# Configuration");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "vm1|b|vm1 qemu+ssh://b.example/system|vm1",
                "vm1|c|vm1 'qemu+ssh://[fd00::3]/system'|vm1",
                "it's 5%|b|'it'\\''s 5%' qemu+ssh://b.example/system|it%27s%205%25",
                "$(x)|b|'$(x)' qemu+ssh://b.example/system|%24%28x%29",
                "ü?#|b|'ü?#' qemu+ssh://b.example/system|%C3%BC%3F%23",
                "-rf|b|--domain=-rf qemu+ssh://b.example/system|-rf",
            })
    void theCommandForAMigrationIsPrintedWhole(String vm, String peer, String words, String file) {
        Result result = run("uri", "--config=" + config, "--", vm, peer);
        assertThat(result)
                .isEqualTo(new Result(
                        0,
                        "virsh migrate --live --persistent --undefinesource " + words + " --migrateuri unix://"
                                + directory + "/" + peer + "/" + file + ".sock\n"
                                + "# for disks that the hosts do not share, add: --copy-storage-all --disks-uri unix://"
                                + directory + "/" + peer + "/" + file + "-disk.sock\n",
                        ""));
    }

    @Test
    void theShellReadsThePrintedCommandAsItWasMeant() throws Exception {
        String vm = "a 'b' \"c\" $HOME `x` \\ ; & * ?";
        String command = run("uri", "--config=" + config, "--desturi", "qemu:///x?a=b&c", vm, "b")
                .out();
        Process process = new ProcessBuilder(
                        "sh", "-c", "virsh() { for word; do printf '%s\\n' \"$word\"; done; }\n" + command)
                .start();
        String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(words.lines().toList()).contains(vm, "qemu:///x?a=b&c").hasSize(8);
    }

    @Test
    void impossibleMigrationsAreRefused() {
        assertFailed(with("uri", "vm", "z"), 2, "no peer is called \"z\"; there are b, c; see 'hde uri --help'");
        assertThat(with("uri", "a/b", "b").err())
                .isEqualTo("hde: VM \"a/b\": a VM's name is not empty and has neither slashes nor control characters; "
                        + "see 'hde uri --help'\n");
        assertThat(with("uri", "x".repeat(120), "b").err())
                .contains("Linux allows 107")
                .hasLineCount(1);
    }

    @Test
    void aPeerThatMayNotReceiveHasNoCommandAndTheReasonIsGiven() throws IOException {
        Files.writeString(
                config,
                Files.readString(config).replace("address: b.example", "address: b.example, may-receive: false"));
        assertFailed(
                with("uri", "vm1", "b"),
                2,
                "peer b may not receive VMs from this host: peers.b.may-receive is false, and no socket leads to it; see "
                        + "'hde uri --help'");
        assertThat(with("uri", "vm1", "c").status()).isZero();
    }

    @Test
    void withoutAnAgentTheReasonIsOneLine() {
        for (String command : List.of(
                "status",
                "status --watch",
                "baseline list",
                "baseline show x",
                "baseline drop x",
                "dictionary train",
                "dictionary list",
                "dictionary show x",
                "transparent on")) {
            assertFailed(
                    with(command.split(" ", -1)),
                    1,
                    "no agent answers on " + directory + "/control.sock: start it with 'systemctl start hde'");
        }
    }

    private static ChannelReport channel(ChannelReport.Outcome outcome, String reason) {
        return new ChannelReport(
                "0123456789abcdef0123456789abcdef",
                "vm1",
                null,
                "b",
                ChannelReport.Direction.SEND,
                ChannelReport.Kind.MEMORY,
                "round 2",
                NOON,
                NOON.plusMillis(61_500),
                300L << 20,
                30L << 20,
                new PagesByTier(1, 2, 3, 4, 5, 6),
                2,
                12_500_000,
                1024,
                outcome == ChannelReport.Outcome.RUNNING ? 12L << 20 : null,
                outcome == ChannelReport.Outcome.RUNNING ? 3000L : null,
                outcome == ChannelReport.Outcome.RUNNING ? 0.2 : null,
                outcome == ChannelReport.Outcome.RUNNING ? true : null,
                0,
                outcome == ChannelReport.Outcome.RUNNING ? 0 : 2,
                outcome == ChannelReport.Outcome.RUNNING ? null : new ChannelReport.Switchover(120, 4, 15, 30),
                "00112233445566778899aabbccddeeff",
                null,
                outcome,
                reason,
                null,
                null,
                List.of());
    }

    private static final class Fixed implements ControlHandler {
        final List<String> asked = new ArrayList<>();

        @Override
        public StatusReport status() {
            return new StatusReport(
                    "a",
                    "1.0",
                    true,
                    List.of(new PeerReport("b", "b.example:7420", 1, 0, null)),
                    List.of(channel(ChannelReport.Outcome.RUNNING, null)),
                    List.of(channel(ChannelReport.Outcome.FAILED, "QEMU closed\u001b[2J")));
        }

        @Override
        public List<BaselineSummary> baselines() {
            return List.of(BASELINE);
        }

        @Override
        public BaselineDetail baseline(String name) throws ControlException {
            if (!name.equals("vm1")) {
                throw new ControlException("no baseline is called \"" + name + "\"");
            }
            return new BaselineDetail(BASELINE, List.of(new BaselineDetail.Block("pc.ram", 1 << 30, 83_444)));
        }

        @Override
        public int dropBaselines(String name) {
            return name.length();
        }

        @Override
        public List<DictionarySummary> dictionaries() {
            return List.of(DICTIONARY);
        }

        @Override
        public DictionarySummary dictionary(String id) throws ControlException {
            if (!id.equals("ffee")) {
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
            asked.add("courses " + migration);
            return List.of();
        }

        @Override
        public List<ChannelReport> history() {
            return List.of(channel(ChannelReport.Outcome.FAILED, "QEMU closed"));
        }

        @Override
        public List<SeedReport> seeds() {
            return List.of(seed(1));
        }

        @Override
        public SeedReport seed(String vm, String peer, Long keepFreshSeconds, Long maxBandwidth)
                throws ControlException {
            if (!vm.equals("vm1")) {
                throw new ControlException("no VM " + vm + " runs on this host");
            }
            asked.add(peer + " every " + keepFreshSeconds + " s, " + maxBandwidth + " bytes a second");
            return seed(0);
        }

        @Override
        public SeedReport stopSeed(String vm, String peer) {
            asked.add("stop " + vm + " to " + peer);
            return seed(1);
        }

        private static SeedReport seed(long passes) {
            return new SeedReport(
                    "vm1",
                    BASELINE.uuid(),
                    "b",
                    passes == 0 ? SeedReport.State.WAITING : SeedReport.State.COMPLETED,
                    false,
                    false,
                    1000,
                    250,
                    90,
                    1 << 20,
                    3 << 20,
                    passes,
                    passes == 0 ? null : Instant.parse("2026-11-22T12:00:00Z"),
                    null,
                    BASELINE.root(),
                    null);
        }

        @Override
        public EstimateReport estimate(String vm, String peer) throws ControlException {
            if (!vm.equals("vm1")) {
                throw new ControlException("no VM " + vm + " runs on this host");
            }
            return new EstimateReport(
                    "vm1",
                    BASELINE.uuid(),
                    "b",
                    Instant.parse("2026-11-22T12:00:00Z"),
                    new EstimateReport.Pages(200_000, 256, 0, 512),
                    512,
                    BASELINE.root(),
                    1 << 20,
                    false,
                    12_500_000,
                    new EstimateReport.Way(60 << 20, null, 70_000, 300, 4, false),
                    new EstimateReport.Way(1 << 20, 2048L, 1_200, 80, 2, true),
                    new EstimateReport.Way(1 << 18, null, 800, 70, 2, true),
                    1 << 20,
                    5_000,
                    List.of());
        }

        @Override
        public List<DictionaryTraining> trainDictionaries(String type) {
            return List.of(
                    new DictionaryTraining("vm-memory", "vm", "vm1", "new one " + type),
                    new DictionaryTraining("vm-disk", null, null, "no samples"));
        }
    }

    @Test
    void statusIsATableOrExactJson() throws IOException {
        ControlHandler handler = new Fixed();
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            assertThat(with("status").out()).isEqualTo("""
                            a: HDE 1.0, ready

                            PEER  ADDRESS         SENDING  RECEIVING  LAST ERROR
                            b     b.example:7420        1          0  -

                            VM   WAY   KIND    STATE    TIME  ROUND     STREAM      WIRE  SAVED          LINK  BUFFERED
                            vm1  to b  memory  round 2  1:01      2  300.0 MiB  30.0 MiB  90.0%  100.0 Mbit/s   1.0 KiB

                            PAGES OF  ZERO  KEPT  KNOWN  DELTA  NEW  RAW  NAKS  BASELINE USED  MADE
                            vm1          1     2      3      4    5    6     0  001122334455   -

                            recent:
                            VM   WAY   KIND    STATE   TIME  ROUND     STREAM      WIRE  SAVED  LINK  BUFFERED
                            vm1  to b  memory  failed  1:01      2  300.0 MiB  30.0 MiB  90.0%     -         -

                            PAGES OF  ZERO  KEPT  KNOWN  DELTA  NEW  RAW  NAKS  BASELINE USED  MADE
                            vm1          1     2      3      4    5    6     0  001122334455   -

                            vm1: about 12.0 MiB and 3.0 s to go (±20 %)
                            vm1: went on over a new connection 2 times
                            vm1: switched over in 120 ms for the last round of memory, 4 ms for the device state, 15 ms \
                            until all was delivered, 30 ms to load it
                            vm1: QEMU closed?[2J
                            """);
            assertThat(with("status", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(handler.status()) + "\n");
        }
    }

    @Test
    void baselinesAreListedShownAndDropped() throws IOException {
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), new Fixed(), ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            assertThat(with("baseline", "list").out()).isEqualTo("""
                            VM   OF      ROOT          PEER  GENERATION  CAPTURED                 SIZE  PAGES NOT ZERO  IN USE
                            vm1  memory  001122334455  b              3  2026-11-22T12:00:00Z  1.0 GiB           83444  yes
                            """);
            assertThat(with("baseline", "list", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(List.of(BASELINE)) + "\n");
            assertThat(with("baseline", "show", "vm1").out())
                    .startsWith("root 00112233445566778899aabbccddeeff\nuuid 0a1b2c3d-")
                    .endsWith("RAM BLOCK     SIZE  PAGES NOT ZERO\npc.ram     1.0 GiB           83444\n");
            assertFailed(with("baseline", "show", "x"), 1, "no baseline is called \"x\"");
            assertThat(with("baseline", "drop", "x").out()).isEqualTo("1 baseline deleted\n");
            assertThat(with("baseline", "drop", "vm1").out()).isEqualTo("3 baselines deleted\n");
        }
    }

    @Test
    void theHistoryIsATableOrJson() throws IOException {
        Fixed handler = new Fixed();
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            String migration = handler.history().get(0).migration();
            assertThat(with("history").out())
                    .startsWith("ID ")
                    .contains(migration.substring(0, 8), "to b", "failed", "about 169 ms", "QEMU closed");
            assertThat(with("history", "vm1").out()).isEqualTo(with("history").out());
            assertThat(with("history", migration.substring(0, 6)).out())
                    .isEqualTo(with("history").out());
            assertFailed(with("history", "vm2"), 1, "there is no record of a VM vm2, and none whose ID begins so");
            assertThat(with("history", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(handler.history()) + "\n");
        }
    }

    @Test
    void aMigrationIsReportedByItsIdOrAsTheLast() throws IOException {
        Fixed handler = new Fixed();
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            String migration = handler.history().get(0).migration();
            String page = with("report", "last").out();
            assertThat(page).startsWith("<!DOCTYPE html>").contains("vm1 <span class=\"way\">a → b</span>", migration);
            assertThat(with("report", migration.substring(0, 8)).out()).isEqualTo(page);
            Path file = directory.resolve("report.html");
            assertThat(with("report", "last", "--output", file.toString()).out())
                    .isEqualTo("wrote " + file + "\n");
            assertThat(file).hasContent(page);
            assertThat(handler.asked).containsOnly("courses " + migration).hasSize(3);
            assertFailed(
                    with("report", "ffff"),
                    1,
                    "there is no record whose ID begins with ffff; 'hde history' lists them (give 4 digits or more)");
        }
    }

    @Test
    void aVmIsSeededUntilThePeerHasIt() throws IOException {
        Fixed handler = new Fixed();
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            assertThat(with("seed", "vm1", "b", "--keep-fresh", "5m", "--max-bandwidth", "2MiB")
                            .out())
                    .matches("b holds the memory of vm1: 3\\.0 MiB sent in [0-9.]+ s\n");
            assertThat(with("seed", "vm1", "b", "--stop").out()).isEqualTo("vm1 is no longer seeded to b\n");
            assertThat(handler.asked).containsExactly("b every 300 s, 2097152 bytes a second", "stop vm1 to b");
            assertThat(with("seed").out()).isEqualTo("""
                            VM   PEER  STATE      DONE     SENT  COMPLETED             NEXT  BASELINE      ERROR
                            vm1  b     completed  25 %  3.0 MiB  2026-11-22T12:00:00Z  -     001122334455  -
                            """);
            assertThat(with("seed", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(handler.seeds()) + "\n");
            assertFailed(with("seed", "vm2", "b"), 1, "no VM vm2 runs on this host");
            assertFailed(with("seed", "vm1"), 2, "a peer is missing: hde seed VM PEER; see 'hde seed --help'");
            assertFailed(
                    with("seed", "vm1", "b", "--keep-fresh", "soon"),
                    2,
                    "--keep-fresh: \"soon\" is not a duration; allowed: a duration with ms, s, m, h or d, 10s to 7d; see "
                            + "'hde seed --help'");
        }
    }

    @Test
    void anEstimateIsATableOrExactJson() throws IOException {
        Fixed handler = new Fixed();
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            assertThat(with("estimate", "vm1", "b").out()).isEqualTo("""
                            vm1 to b, if it began now: of 784.3 MiB hold something 3.0 MiB, of which b lacks 2.0 MiB \
                            (baseline 001122334455)
                            the VM writes 1.0 MiB/s, the link carries 100.0 Mbit/s; a seed would send 1.0 MiB in 5.0 s
                                                      BYTES   TIME  DOWNTIME  ROUNDS
                            plain         does not converge      -         -       -
                            through HDE   1.0 MiB ± 2.0 KiB  1.2 s     80 ms       2
                            after a seed          256.0 KiB  0.8 s     70 ms       2
                            """);
            assertThat(with("estimate", "vm1", "b", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(estimate(handler)) + "\n");
            assertFailed(with("estimate", "vm2", "b"), 1, "no VM vm2 runs on this host");
        }
    }

    private static EstimateReport estimate(Fixed handler) {
        try {
            return handler.estimate("vm1", "b");
        } catch (ControlException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSeedsProgressIsABar() {
        assertThat(SeedWatch.line(Fixed.seed(0), Instant.now()))
                .isEqualTo("vm1 to b [########......................] 25 %, 1.0 MiB sent, waiting");
    }

    @Test
    void anImageIsMeasuredAgainstEachBase() throws IOException {
        byte[] memory = new byte[64 * 4096];
        for (int i = 0; i < memory.length / 2; i++) {
            memory[i] = (byte) ((i * 31) >> 7);
        }
        Path image = Files.write(directory.resolve("image"), memory);
        Path json = directory.resolve("bench.json");

        Result result = run(
                "bench",
                image.toString(),
                "--base=" + image,
                "--repeat=1",
                "--threads=2",
                "--seed-inputs",
                "--work=" + directory,
                "--json=" + json);

        assertThat(result.status()).isZero();
        assertThat(result.out())
                .startsWith(image + ": 64 pages, 32 of them not zero (0.1 MB); level 3, median of 1\n")
                .contains("\nnone ", "\nitself ", "\n" + image)
                .contains("They are periodic strings", "\nrepetitive ", "\nmodified ");
        BenchReport report = ControlJson.mapper().readValue(json.toFile(), BenchReport.class);
        assertThat(report.cases())
                .extracting(BenchReport.Case::base)
                .containsExactly("none", "itself", image.toString());
        assertThat(Files.readString(json))
                .contains("\"hde_bytes\"", "\"encode_mb_s\"", "\"zstd1_mb_s\"", "\"seed_bytes\"");
    }

    @Test
    void whatCannotBeMeasuredIsOneLine() throws IOException {
        Path odd = Files.write(directory.resolve("odd"), new byte[5]);
        Path good = Files.write(directory.resolve("good"), new byte[4096]);

        assertFailed(run("bench", "/none"), 1, "/none: there is no such file");
        assertFailed(run("bench", odd.toString()), 1, odd + ": 5 bytes are no memory image: it is a multiple of 4096");
        assertFailed(
                run("bench", good.toString(), "--json=" + directory),
                1,
                directory + ": cannot be written: Is a directory");
        assertFailed(
                run("bench", good.toString(), "--json=/none/x"),
                1,
                "/none/x: cannot be written: there is no such directory");
        assertFailed(
                run("bench", good.toString(), "--work=/none"),
                1,
                "temporary files in /none: there is no such directory");
    }

    @Test
    void dictionariesAreTrainedListedAndShown() throws IOException {
        String table = """
                ID            TYPE       SCOPE   VM  PEER     SIZE  MADE                  SAMPLES  SAVES
                ffeeddccbbaa  vm-memory  family  -   b     4.0 KiB  2026-11-22T12:00:00Z     1000  37.5%
                """;
        try (ControlServer server =
                new ControlServer(directory.resolve("control.sock"), new Fixed(), ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            assertThat(with("dictionary", "train", "--type=vm-memory").out()).isEqualTo("""
                            TYPE       SCOPE  VM   RESULT
                            vm-memory  vm     vm1  new one vm-memory
                            vm-disk    -      -    no samples
                            """);
            assertThat(with("dictionary", "train", "--json").out())
                    .isEqualTo("[{\"type\":\"vm-memory\",\"scope\":\"vm\",\"vm\":\"vm1\","
                            + "\"result\":\"new one null\"},{\"type\":\"vm-disk\",\"scope\":null,\"vm\":null,"
                            + "\"result\":\"no samples\"}]\n");
            assertThat(with("dictionary", "list").out()).isEqualTo(table);
            assertThat(with("dictionary", "list", "--json").out())
                    .isEqualTo(ControlJson.mapper().writeValueAsString(List.of(DICTIONARY)) + "\n");
            assertThat(with("dictionary", "show", "ffee").out())
                    .isEqualTo(
                            "id ffeeddccbbaa99887766554433221100\nversion 4294967295\n\n" + table + "\nVMS\nu1\nu2\n");
            assertFailed(with("dictionary", "show", "x"), 1, "no dictionary is called \"x\"");
            assertThat(with("transparent", "on").out()).isEqualTo("""
                    transparent mode is on: redirected to port 7421

                    PEER  ADDRESS    PORTS
                    beta  192.0.2.2  49152-49215
                    """);
            assertThat(with("transparent", "off").out()).isEqualTo("transparent mode is off\n");
            assertThat(with("transparent", "status").out()).isEqualTo("transparent mode is off\n");
            assertThat(with("transparent", "status", "--json").out())
                    .isEqualTo("{\"on\":false,\"port\":7421,\"targets\":[]}\n");
        }
    }
}
