package io.novacron.hde.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    private static final SystemFacts FACTS = new SystemFacts("a", 8);
    private static final String FULL = """
            host:
              name: alpha
            peers:
              b:
                address: b.example.org
              c.d:
                address: "[fd00::3]:7421"
                certificate-name: c.example.org
                may-send: false
                may-receive: false
                may-control: true
                libvirt-socket: true
                max-bandwidth: 3MiB
                migration-ports: 50000-50015
                loopback-address: 127.0.0.3
            migration-ports: 49152-49160
            transparent:
              enabled: true
              port: 7555
            tunnel:
              listen: "[::1]:7422"
              certificate: /etc/hde/cert.pem
              key: /etc/hde/../hde/key.pem
              client-certificate: /etc/hde/client.pem
              client-key: /etc/hde/client-key.pem
              ca: /etc/hde/ca.pem
              connect-timeout: 1500ms
              silence-timeout: 3s
              resume-timeout: 2m
              max-channels: 8
              max-bandwidth: 500KiB
            store:
              directory: /srv/hde
              max-size: 32GiB
              min-free: 0B
              encryption: aes-gcm
              key-file: /srv/key
            baseline:
              max-age: 36h
              generations: 2
              max-delta-chain: 0
            codec:
              compression-level: -3
              min-compression-ratio: 1.05
              max-cpu-utilization: 0.5
              delta-algorithm: bsdiff
              threads: 3
            dictionary:
              enabled: false
              update-interval: 12h
              max-samples: 2000
              max-size: 16KiB
            dedup: vm
            sockets:
              directory: /run/other
              group: qemu
              mode: 0750
            control:
              group: hde
            metrics:
              listen: none
            libvirt:
              uri: qemu+unix:///system?socket=/run/x
              socket: /run/y
            verify-stream: true
            warm-up: false
            log:
              level: debug
            """;

    private static HdeConfig read(String text) throws ConfigException {
        return new ConfigReader(FACTS).read(text, "f").config();
    }

    private static List<String> problems(String text) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> new ConfigReader(FACTS).read(text, "f"));
        assertThat(e).as(text).isNotNull();
        assertThat(e).hasMessage(e.problems().get(0));
        return e.problems();
    }

    @Test
    void nothingGivenMeansDefaults() throws ConfigException {
        for (String text : List.of("", "\n", "# only a comment\n", "---\n", "store:\n", "store:\n  # max-size: 1\n")) {
            assertThat(read(text))
                    .isEqualTo(new HdeConfig(
                            new HdeConfig.Host("a"),
                            Map.of(),
                            PortRange.LIBVIRTS,
                            new HdeConfig.Transparent(false, 7421),
                            new HdeConfig.Tunnel(
                                    new HostPort("::", 7420),
                                    Path.of("/etc/pki/libvirt/servercert.pem"),
                                    Path.of("/etc/pki/libvirt/private/serverkey.pem"),
                                    Path.of("/etc/pki/libvirt/clientcert.pem"),
                                    Path.of("/etc/pki/libvirt/private/clientkey.pem"),
                                    Path.of("/etc/pki/CA/cacert.pem"),
                                    Duration.ofSeconds(10),
                                    Duration.ofSeconds(5),
                                    Duration.ofSeconds(60),
                                    64,
                                    OptionalLong.empty()),
                            new HdeConfig.Store(
                                    Path.of("/var/lib/hde"),
                                    16L << 30,
                                    1L << 30,
                                    StoreEncryption.NONE,
                                    Path.of("/etc/hde/store.key")),
                            new HdeConfig.Baseline(Duration.ofDays(7), 3, 0),
                            new HdeConfig.Codec(OptionalInt.empty(), 1.1, 0.8, DeltaAlgorithm.AUTO, 8),
                            new HdeConfig.Dictionary(true, Duration.ofHours(24), 1000, 4096),
                            Dedup.HOST,
                            new HdeConfig.Sockets(Path.of("/run/hde"), "libvirt-qemu", 0770),
                            new HdeConfig.Control(Optional.empty()),
                            new HdeConfig.Metrics(Optional.of(new HostPort("127.0.0.1", 7422))),
                            new HdeConfig.Libvirt("qemu:///system", Optional.empty()),
                            false,
                            true,
                            new HdeConfig.Log(LogLevel.INFO)));
        }
    }

    @Test
    void everyOptionCanBeGiven() throws Exception {
        HdeConfig config = read(FULL);
        assertThat(config.host().name()).isEqualTo("alpha");
        assertThat(config.metrics().listen()).isEmpty();
        assertThat(config.peers())
                .containsExactly(
                        Map.entry(
                                "b",
                                new HdeConfig.Peer(
                                        "b",
                                        new HostPort("b.example.org", 7420),
                                        "b",
                                        true,
                                        true,
                                        false,
                                        false,
                                        OptionalLong.empty(),
                                        PortRange.LIBVIRTS,
                                        Optional.empty())),
                        Map.entry(
                                "c.d",
                                new HdeConfig.Peer(
                                        "c.d",
                                        new HostPort("fd00::3", 7421),
                                        "c.example.org",
                                        false,
                                        false,
                                        true,
                                        true,
                                        OptionalLong.of(3 << 20),
                                        new PortRange(50_000, 50_015),
                                        Optional.of(InetAddress.getByName("127.0.0.3")))));
        assertThat(config.migrationPorts()).isEqualTo(new PortRange(49_152, 49_160));
        assertThat(config.transparent()).isEqualTo(new HdeConfig.Transparent(true, 7555));
        assertThat(config.tunnel())
                .isEqualTo(new HdeConfig.Tunnel(
                        new HostPort("::1", 7422),
                        Path.of("/etc/hde/cert.pem"),
                        Path.of("/etc/hde/key.pem"),
                        Path.of("/etc/hde/client.pem"),
                        Path.of("/etc/hde/client-key.pem"),
                        Path.of("/etc/hde/ca.pem"),
                        Duration.ofMillis(1500),
                        Duration.ofSeconds(3),
                        Duration.ofMinutes(2),
                        8,
                        OptionalLong.of(500 << 10)));
        assertThat(config.store())
                .isEqualTo(new HdeConfig.Store(
                        Path.of("/srv/hde"), 32L << 30, 0, StoreEncryption.AES_GCM, Path.of("/srv/key")));
        assertThat(config.baseline()).isEqualTo(new HdeConfig.Baseline(Duration.ofHours(36), 2, 0));
        assertThat(config.codec())
                .isEqualTo(new HdeConfig.Codec(OptionalInt.of(-3), 1.05, 0.5, DeltaAlgorithm.BSDIFF, 3));
        assertThat(config.dictionary())
                .isEqualTo(new HdeConfig.Dictionary(false, Duration.ofHours(12), 2000, 16 << 10));
        assertThat(config.dedup()).isEqualTo(Dedup.VM);
        assertThat(config.sockets()).isEqualTo(new HdeConfig.Sockets(Path.of("/run/other"), "qemu", 0750));
        assertThat(config.control()).isEqualTo(new HdeConfig.Control(Optional.of("hde")));
        assertThat(config.libvirt())
                .isEqualTo(new HdeConfig.Libvirt("qemu+unix:///system?socket=/run/x", Optional.of(Path.of("/run/y"))));
        assertThat(config.verifyStream()).isTrue();
        assertThat(config.warmUp()).isFalse();
        assertThat(config.log().level()).isEqualTo(LogLevel.DEBUG);
        // Nothing in this test's file is left at its default, or the test would not show that it is read.
        Values values = new ConfigReader(FACTS).read(FULL, "f").values();
        for (Option<?> option : Options.ALL) {
            assertThat(values.isGiven(option, option.isOfPeer() ? "c.d" : ""))
                    .as(option.path())
                    .isTrue();
        }
    }

    @Test
    void anUnknownOptionIsNamedWithItsLineAndTheLikeliestMeaning() {
        assertThat(problems("store:\n  max_size: 1GiB\n"))
                .containsExactly("f:2: store.max_size: no such option; did you mean max-size? Allowed here: directory, "
                        + "max-size, min-free, encryption, key-file");
        assertThat(problems("\nfoo: 1\n").get(0)).startsWith("f:2: foo: no such option; Allowed here: host, peers, ");
        assertThat(problems("peers:\n  b:\n    address: x\n    adress: y\n"))
                .containsExactly(
                        "f:4: peers.b.adress: no such option of a peer; did you mean address? Allowed here: address, "
                                + "certificate-name, may-send, may-receive, may-control, libvirt-socket, max-bandwidth, "
                                + "migration-ports, loopback-address");
        assertThat(problems("store:\n  max-size:\n    huge: 1\n").get(0))
                .startsWith("f:2: store.max-size: a single value is missing; allowed: a size");
        assertThat(problems("store: 5\n"))
                .containsExactly("f:1: store: a section, not a value; it may hold directory, max-size, min-free, "
                        + "encryption, key-file");
    }

    @Test
    void allProblemsAreFoundAtOnce() {
        assertThat(problems("dedup: x\nwarm-up: yes\nlog:\n  level: loud\n"))
                .containsExactly(
                        "f:1: dedup: \"x\" is not one of these words; allowed: vm, host",
                        "f:2: warm-up: \"yes\" is neither true nor false; allowed: true or false",
                        "f:4: log.level: \"loud\" is not one of these words; allowed: error, warn, info, debug, trace");
    }

    @Test
    void aLoopbackAddressTakesNoPortsThatLibvirtNeeds() throws ConfigException {
        String peers = "peers:\n  b:\n    address: x\n    loopback-address: 127.0.0.2\n";
        assertThat(problems(peers).get(0))
                .startsWith(
                        "f:4: peers.b.loopback-address: the agent would listen on ports 49152-49215, and libvirt takes "
                                + "those for used, of its own 49152-49215: give each host ports of its own");
        assertThat(problems(peers + "    migration-ports: 49215-49300\n")).hasSize(1);
        assertThat(read(peers + "migration-ports: 49216-49279\n").peers()).containsOnlyKeys("b");
        assertThat(read(peers + "    migration-ports: 49216-49279\n").peers()).containsOnlyKeys("b");
        assertThat(problems(peers + "    migration-ports: 49216-49279\n  c:\n    address: y\n    loopback-address: "
                        + "127.0.0.2\n    migration-ports: 49216-49279\n"))
                .containsExactly(
                        "f:8: peers.c.loopback-address: the loopback address of peer b too; each peer has its own");
    }

    @Test
    void duplicatesAreRefused() {
        assertThat(problems("store:\n  max-size: 1GiB\ndedup: vm\nstore:\n  min-free: 1GiB\n"))
                .containsExactly("f:4: store: given twice, first in line 1");
        assertThat(problems("store:\n  max-size: 1GiB\n  max-size: 1GiB\n"))
                .containsExactly("f:3: store.max-size: given twice, first in line 2");
        assertThat(problems("dedup: vm\n---\ndedup: vm\n"))
                .containsExactly("f:3: a second document begins here; one is allowed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "store: [1]|f:1: store: a list; a single value is allowed",
                "- dedup|f:1: expected options",
                "just words|f:1: expected options",
                "tunnel: {listen: [::]:7420}|f:1: ",
                "dedup: *x|f:1: dedup: aliases (*) are not allowed",
                "dedup: 'vm|f:1: not YAML: ",
                "\tdedup: vm|f:1: not YAML: found character '\\t(TAB)' that cannot start any token",
                "dedup: \u0007|f:1: not YAML: ",
                "store: {max-size: 16GB}|f:1: store.max-size: \"16GB\" is not a size; allowed: a size with B, KiB",
                "store: {max-size: 1MiB}|f:1: store.max-size: \"1MiB\" is out of range; allowed: a size",
                "store: {max-size: 99999999TiB}|f:1: store.max-size: \"99999999TiB\" is out of range",
                "store: {directory: var/hde}|f:1: store.directory: \"var/hde\" is not an absolute path",
                "baseline: {max-age: 7}|f:1: baseline.max-age: \"7\" is not a duration",
                "baseline: {generations: 0}|f:1: baseline.generations: \"0\" is out of range; allowed: 1 to 100",
                "baseline: {generations: 1.5}|f:1: baseline.generations: \"1.5\" is not a whole number",
                "codec: {compression-level: 20}|f:1: codec.compression-level: \"20\" is out of range; allowed: auto, or",
                "codec: {min-compression-ratio: .nan}|f:1: codec.min-compression-ratio: \".nan\" is not a number",
                "sockets: {mode: 0777}|f:1: sockets.mode: \"0777\" is not safe, or not usable; allowed: octal",
                "sockets: {mode: 0077}|f:1: sockets.mode: \"0077\" is not safe",
                "sockets: {mode: rwx}|f:1: sockets.mode: \"rwx\" is not permissions",
                "tunnel: {listen: 'a:0'}|f:1: tunnel.listen: \"a:0\" is an address whose port is out of range",
                "tunnel: {listen: 'a:65536'}|f:1: tunnel.listen: \"a:65536\" is an address whose port is out of range",
                "tunnel: {listen: '::1'}|f:1: tunnel.listen: \"::1\" is not an address; allowed: HOST,",
                "tunnel: {listen: '[1::2::3]:1'}|f:1: tunnel.listen: \"[1::2::3]:1\" is not an IPv6 address",
                "tunnel: {listen: 'a b:1'}|f:1: tunnel.listen: \"a b:1\" is not an address",
                "metrics: {listen: '::1'}|f:1: metrics.listen: \"::1\" is not an address; allowed: none, or HOST",
                "control: {group: a b}|f:1: control.group: \"a b\" is not a group's name; allowed: none, or the name of",
                "peers: {b: {address: x, may-send: no}}|f:1: peers.b.may-send: \"no\" is neither true nor false",
                "libvirt: {uri: system}|f:1: libvirt.uri: \"system\" is not a URI",
                "host: {name: a/b}|f:1: host.name: \"a/b\" is not a name for a host; allowed: 1 to 64 letters",
                "host: {name: ..}|f:1: host.name: \"..\" is not a name for a host",
                "host: {name: hooks}|f:1: host.name: \"hooks\" is not a name for a host",
                "peers: {../x: {address: b}}|f:1: peers.../x: not a name for a host; allowed: ",
                "peers: {b: }|f:1: peers.b.address: missing; allowed: HOST,",
                "peers: {b: b.example}|f:1: peers.b: a section, not a value; it may hold address, certificate-name",
                "peers: {a: {address: b}}|f:1: peers.a: this host itself is called so (host.name)",
                "peers: {b: {address: x}, c: {address: x}}|f:1: peers.c.address: the address of peer b too",
            })
    void impossibleFilesAreRefusedWithLineAndReason(String text, String problem) {
        assertThat(problems(text).get(0)).startsWith(problem);
    }

    @Test
    void thereMustBeRoomForSocketPaths() throws ConfigException {
        // 107 bytes - "/b/" - 20 - ".sock"
        String fits = "/" + "d".repeat(78);
        read("peers: {b: {address: b}}\nsockets:\n  directory: " + fits + "\n");
        assertThat(problems("peers: {b: {address: b}}\nsockets:\n  directory: " + fits + "d\n"))
                .containsExactly("f:3: sockets.directory: too long: with host \"b\" and a VM's name of 20 characters, "
                        + "sockets' paths would have 108 bytes; Linux allows 107");
    }

    @Test
    void socketsAreNamedAfterPeerAndVm() throws ConfigException {
        HdeConfig.Sockets sockets = read("").sockets();
        assertThat(sockets.of("b", "vm 1")).hasToString("/run/hde/b/vm 1.sock");
        assertThat(sockets.of("b", "x".repeat(91)).toString()).hasSize(107);
        for (String impossible : List.of("", "a/b", "..//x", "a\nb", "a\0b", "x".repeat(92), "ü".repeat(46))) {
            assertThatThrownBy(() -> sockets.of("b", impossible)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aHostNameOfTheSystemThatCannotBeUsedIsSaidToBeTheSystems() {
        ConfigReader reader = new ConfigReader(new SystemFacts("-", 2));
        assertThatThrownBy(() -> reader.read("", "f"))
                .hasMessageStartingWith(
                        "f: host.name: the system's host name \"-\" is not a name for a host: set this");
    }

    @Test
    void filesThatCannotBeReadAreNamed(@TempDir Path directory) throws Exception {
        Path missing = directory.resolve("none.yaml");
        assertThatThrownBy(() -> HdeConfig.load(missing))
                .hasMessage(missing + ": there is no such file; 'hde config sample' prints one to begin with");
        assertThatThrownBy(() -> HdeConfig.load(directory)).hasMessageStartingWith(directory + ": cannot be read: ");
        Path latin = Files.write(directory.resolve("latin.yaml"), new byte[] {'#', (byte) 0xfc});
        assertThatThrownBy(() -> HdeConfig.load(latin)).hasMessage(latin + ": not UTF-8 text");
        Path large = Files.writeString(directory.resolve("large.yaml"), "#".repeat(2 << 20));
        assertThatThrownBy(() -> HdeConfig.load(large)).hasMessage(large + ": larger than 1 MiB: not a configuration");
        Path good = Files.writeString(directory.resolve("good.yaml"), FULL);
        assertThat(HdeConfig.load(good)).isEqualTo(read(FULL));
    }

    @Test
    void theHostsOwnNameIsItsKernelNameUpToTheFirstDot() throws Exception {
        String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        assertThat(SystemFacts.ofThisHost().hostName()).isEqualTo(name.split("\\.", -1)[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", FULL})
    void effectiveValuesReadBackAsTheSame(String text) throws ConfigException {
        ConfigReader.Result result = new ConfigReader(FACTS).read(text, "f");
        String shown = ConfigText.effective(result.values());
        // On another host, where defaults differ, the printed file still says the same.
        assertThat(new ConfigReader(new SystemFacts("z", 64)).read(shown, "g").config())
                .isEqualTo(result.config());
        // Of peers the empty file has none; the full one leaves out all of one but its address.
        int ofPeers = (int) Options.ALL.stream().filter(Option::isOfPeer).count();
        int defaults = text.isEmpty() ? Options.ALL.size() - ofPeers : ofPeers - 1;
        assertThat(shown.lines().filter(line -> line.endsWith("  # default"))).hasSize(defaults);
    }

    @Test
    void theSampleHoldsEveryOptionAtItsDefault() throws ConfigException {
        String sample = ConfigText.sample();
        assertThat(read(sample)).isEqualTo(read(""));
        assertThat(sample.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
        String uncommented = sample.replaceAll("(?m)^( *)#(?! )", "$1");
        Values values = new ConfigReader(FACTS).read(uncommented, "f").values();
        for (Option<?> option : Options.ALL) {
            assertThat(values.isGiven(option, option.isOfPeer() ? "b" : ""))
                    .as(option.path())
                    .isTrue();
        }
        HdeConfig config = read(uncommented);
        assertThat(config.tunnel()).isEqualTo(read("").tunnel());
        assertThat(config.peers()).containsOnlyKeys("b");
    }

    @Test
    void theReferenceInTheDocumentationIsTheListInTheProgram() throws Exception {
        assertThat(Path.of("../docs/configuration.md"))
                .as("regenerate it with: java -jar plugin/target/hde.jar config reference > docs/configuration.md")
                .content()
                .isEqualTo(ConfigText.reference());
    }

    @Property
    void sizesReadBack(@ForAll @LongRange(min = 0, max = 1L << 50) long bytes) {
        OptionType<Long> size = OptionType.size(0, 1L << 50);
        assertThat(size.parse().apply(size.render().apply(bytes))).isEqualTo(bytes);
    }

    @Property
    void durationsReadBack(@ForAll @LongRange(min = 1, max = 999_999_999) long millis) {
        OptionType<Duration> duration = OptionType.duration(Duration.ofMillis(1), Duration.ofDays(3650));
        Duration value = Duration.ofMillis(millis);
        assertThat(duration.parse().apply(duration.render().apply(value))).isEqualTo(value);
    }

    /** Whatever is in the file, it is read or refused with a line for each problem, never with another error. */
    @Property(tries = 500)
    void garbageIsRefusedInOrder(@ForAll String text) {
        try {
            new ConfigReader(FACTS).read(text, "f");
        } catch (ConfigException e) {
            assertThat(e.problems())
                    .isNotEmpty()
                    .allSatisfy(problem -> assertThat(problem).startsWith("f:").doesNotContain("\n"));
        }
    }
}
