package io.novacron.hde.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * All options: the only place where one is named, typed, given its default and explained. Reading, checking, printing
 * and {@code docs/configuration.md} follow from it.
 */
final class Options {
    /** Stands for a peer's name in a path. */
    static final String ANY = "<NAME>";

    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long PIB = 1L << 50;

    private static final long LEAST_BANDWIDTH = 64L << 10;
    private static final long MOST_BANDWIDTH = 1L << 40;

    static final Option<String> HOST_NAME = special(
            "host.name",
            OptionType.name(),
            "the system's host name up to its first dot",
            (facts, peer) -> facts.hostName(),
            "This host's name. On every peer, its configuration must have this host under the same name: it is the "
                    + "directory in the tunnel URI.");

    static final Option<HostPort> PEER_ADDRESS = required(
            "peers." + ANY + ".address",
            OptionType.address(HdeConfig.DEFAULT_PORT),
            "Where the peer's agent listens; without a port, " + HdeConfig.DEFAULT_PORT
                    + ". Only hosts listed here may open a tunnel to this one. NAME is the peer's host.name and becomes "
                    + "the directory of the sockets that lead to it.");
    static final Option<String> PEER_CERTIFICATE_NAME = special(
            "peers." + ANY + ".certificate-name",
            OptionType.certificateName(),
            "the peer's name",
            (facts, peer) -> peer,
            "A name that the peer's certificate must carry, as a DNS name or as the subject's common name; the host "
                    + "of its address is accepted too.");

    static final Option<Boolean> PEER_MAY_SEND = plain(
            "peers." + ANY + ".may-send",
            OptionType.flag(),
            true,
            "Whether VMs may migrate from the peer to this host. If not, every channel that the peer opens is refused, and "
                    + "both agents' logs say so.");
    static final Option<Boolean> PEER_MAY_RECEIVE = plain(
            "peers." + ANY + ".may-receive",
            OptionType.flag(),
            true,
            "Whether VMs may migrate from this host to the peer. If not, there are no sockets that lead to it, and `hde uri` "
                    + "says why.");

    static final Option<Boolean> PEER_MAY_CONTROL = plain(
            "peers." + ANY + ".may-control",
            OptionType.flag(),
            false,
            "Whether the peer's libvirt may talk to this host's through the tunnel, for `virsh migrate --p2p` from there "
                    + "with no other port open. It gives root on the peer what root has over this host's libvirt: see "
                    + "docs/security.md.");
    static final Option<Boolean> PEER_LIBVIRT_SOCKET = plain(
            "peers." + ANY + ".libvirt-socket",
            OptionType.flag(),
            false,
            "Whether there is a socket `DIRECTORY/NAME/libvirt.sock`, for root alone, through which this host reaches the "
                    + "peer's libvirt; the peer must allow that (may-control there).");
    static final Option<OptionalLong> PEER_MAX_BANDWIDTH = plain(
            "peers." + ANY + ".max-bandwidth",
            OptionType.sizeOrNone(LEAST_BANDWIDTH, MOST_BANDWIDTH),
            OptionalLong.empty(),
            "How many bytes a second this host sends to the peer, all channels together, within what "
                    + "tunnel.max-bandwidth allows.");

    static final Option<PortRange> PEER_MIGRATION_PORTS = plain(
            "peers." + ANY + ".migration-ports",
            OptionType.ports(),
            PortRange.LIBVIRTS,
            "The TCP ports on which the peer's QEMU waits for VMs: migration_port_min and migration_port_max in its "
                    + "qemu.conf.");
    static final Option<Optional<InetAddress>> PEER_LOOPBACK_ADDRESS = plain(
            "peers." + ANY + ".loopback-address",
            OptionType.loopbackOrNone(),
            Optional.empty(),
            "An address of this host on which the agent takes migrations over TCP to the peer, at the ports of "
                    + "migration-ports: what migration_host in the peer's qemu.conf names, the same for all hosts that "
                    + "migrate to it. See docs/operations.md.");

    static final Option<PortRange> MIGRATION_PORTS = plain(
            "migration-ports",
            OptionType.ports(),
            PortRange.LIBVIRTS,
            "The TCP ports on which QEMU on this host waits for VMs: migration_port_min and migration_port_max in "
                    + "qemu.conf. No peer is connected to another one.");
    static final Option<Boolean> TRANSPARENT_ENABLED = plain(
            "transparent.enabled",
            OptionType.flag(),
            false,
            "Whether the agent, when it starts, redirects to itself what leads from this host to a peer's migration-ports, "
                    + "as `hde transparent on` does: migrations that give no URI then go through it.");
    static final Option<Integer> TRANSPARENT_PORT = plain(
            "transparent.port",
            OptionType.number(1024, 65_535),
            HdeConfig.DEFAULT_PORT + 1,
            "The port, on loopback addresses only, to which that is redirected.");

    static final Option<HostPort> TUNNEL_LISTEN = plain(
            "tunnel.listen",
            OptionType.address(HdeConfig.DEFAULT_PORT),
            new HostPort("::", HdeConfig.DEFAULT_PORT),
            "The one address on which this agent listens for its peers' tunnels; `[::]` stands for all, IPv4 too.");
    static final Option<Path> TUNNEL_CERTIFICATE = plain(
            "tunnel.certificate",
            OptionType.path(),
            Path.of("/etc/pki/libvirt/servercert.pem"),
            "This host's certificate (PEM), shown to peers that connect to it.");
    static final Option<Path> TUNNEL_KEY = plain(
            "tunnel.key",
            OptionType.path(),
            Path.of("/etc/pki/libvirt/private/serverkey.pem"),
            "Its private key (PEM).");
    static final Option<Path> TUNNEL_CLIENT_CERTIFICATE = plain(
            "tunnel.client-certificate",
            OptionType.path(),
            Path.of("/etc/pki/libvirt/clientcert.pem"),
            "This host's certificate (PEM), shown to peers to which it connects. May be the same file.");
    static final Option<Path> TUNNEL_CLIENT_KEY = plain(
            "tunnel.client-key",
            OptionType.path(),
            Path.of("/etc/pki/libvirt/private/clientkey.pem"),
            "Its private key (PEM).");
    static final Option<Path> TUNNEL_CA = plain(
            "tunnel.ca",
            OptionType.path(),
            Path.of("/etc/pki/CA/cacert.pem"),
            "The authority that signed the peers' certificates (PEM).");
    static final Option<Duration> TUNNEL_CONNECT_TIMEOUT = plain(
            "tunnel.connect-timeout",
            OptionType.duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            Duration.ofSeconds(10),
            "How long opening a tunnel may take, handshake included, before the migration fails.");
    static final Option<Duration> TUNNEL_SILENCE_TIMEOUT = plain(
            "tunnel.silence-timeout",
            OptionType.duration(Duration.ofSeconds(2), Duration.ofMinutes(10)),
            Duration.ofSeconds(5),
            "How long a connection between agents may carry nothing before it counts as lost. Both ends give a sign of "
                    + "life every second.");
    static final Option<Duration> TUNNEL_RESUME_TIMEOUT = plain(
            "tunnel.resume-timeout",
            OptionType.duration(Duration.ZERO, Duration.ofHours(1)),
            Duration.ofSeconds(60),
            "How long a migration whose connection is lost waits for another, while QEMU waits on its socket; then it "
                    + "fails and the VM runs on at the source. 0s: it fails at once. libvirt must wait as long: see "
                    + "docs/operations.md.");
    static final Option<Integer> TUNNEL_MAX_CHANNELS = plain(
            "tunnel.max-channels",
            OptionType.number(1, 4096),
            64,
            "How many channels may be open at once, in both directions together; further ones are refused. A migration "
                    + "with --parallel has several. With several peers one of them can open three quarters of them at "
                    + "most.");

    static final Option<OptionalLong> TUNNEL_MAX_BANDWIDTH = plain(
            "tunnel.max-bandwidth",
            OptionType.sizeOrNone(LEAST_BANDWIDTH, MOST_BANDWIDTH),
            OptionalLong.empty(),
            "How many bytes a second this host sends to all peers together; what TLS and TCP add, some 4 %, is not "
                    + "counted. Channels share it evenly. Use this instead of virsh's `--bandwidth`, which limits what QEMU "
                    + "writes and not what crosses.");

    static final Option<Path> STORE_DIRECTORY = plain(
            "store.directory",
            OptionType.path(),
            Path.of("/var/lib/hde"),
            "Where page store and baselines live. They are guest memory: the directory belongs to root alone.");
    static final Option<Long> STORE_MAX_SIZE = plain(
            "store.max-size",
            OptionType.size(64 * MIB, PIB),
            16 * GIB,
            "How large the store may grow. What was not used for longest goes first.");
    static final Option<Long> STORE_MIN_FREE = plain(
            "store.min-free",
            OptionType.size(0, PIB),
            GIB,
            "How much of the file system stays free: below that nothing more is stored; migrations go on.");
    static final Option<StoreEncryption> STORE_ENCRYPTION = plain(
            "store.encryption",
            OptionType.oneOf(StoreEncryption.class),
            StoreEncryption.NONE,
            "Whether what is in the store is encrypted on the disk. With `none` it is readable by root alone, and by "
                    + "whoever gets hold of the disk. Changing it to `aes-gcm` deletes the store that is there; "
                    + "changing it back sets it aside for a week. In both cases an empty one is begun: it is a cache.");
    static final Option<Path> STORE_KEY_FILE = plain(
            "store.key-file",
            OptionType.path(),
            Path.of("/etc/hde/store.key"),
            "The key for `store.encryption: aes-gcm`: 32 bytes, or 64 hexadecimal digits, in a file of root with mode "
                    + "0600 or 0400. Make one, as root, with `(umask 077; head -c 32 /dev/urandom > "
                    + "/etc/hde/store.key)`. Each host has its own. With another key than before an empty store is "
                    + "begun, and the old one set aside for a week.");

    static final Option<Duration> BASELINE_MAX_AGE = plain(
            "baseline.max-age",
            OptionType.duration(Duration.ofMinutes(1), Duration.ofDays(3650)),
            Duration.ofDays(7),
            "A baseline older than this is deleted.");
    static final Option<Integer> BASELINE_GENERATIONS = plain(
            "baseline.generations",
            OptionType.number(1, 100),
            3,
            "How many generations are kept for each VM and each peer with which it was exchanged.");
    static final Option<Integer> BASELINE_MAX_DELTA_CHAIN = plain(
            "baseline.max-delta-chain",
            OptionType.number(0, 250),
            0,
            "How many deltas may stand on one another in the store before a page is stored whole. More saves room on disk "
                    + "and costs time when a page is read: each delta needs the pages that it and its neighbours build on.");

    static final Option<OptionalInt> CODEC_COMPRESSION_LEVEL = plain(
            "codec.compression-level",
            OptionType.numberOrAuto(-7, 19),
            OptionalInt.empty(),
            "zstd's level for frames. `auto` chooses by what link and processors can do at the moment.");
    static final Option<Double> CODEC_MIN_COMPRESSION_RATIO = plain(
            "codec.min-compression-ratio",
            OptionType.decimal(1, 100),
            1.1,
            "What does not become smaller by this factor is sent as it is (tier raw).");
    static final Option<Double> CODEC_MAX_CPU_UTILIZATION = plain(
            "codec.max-cpu-utilization",
            OptionType.decimal(0.1, 1),
            0.8,
            "Up to which share of the host's processors, whoever uses them, `compression-level: auto` counts on more for"
                    + " compression.");
    static final Option<DeltaAlgorithm> CODEC_DELTA_ALGORITHM = plain(
            "codec.delta-algorithm",
            OptionType.oneOf(DeltaAlgorithm.class),
            DeltaAlgorithm.AUTO,
            "How the delta tier encodes a page against an old one. `auto` tries `xor` and `zstd` and uses what is smaller; rsync"
                    + " and bsdiff do not win on pages.");
    static final Option<Integer> CODEC_THREADS = special(
            "codec.threads",
            OptionType.number(1, 64),
            "the number of processors, 2 to 64",
            (facts, peer) -> Math.max(2, Math.min(64, facts.cores())),
            "How many threads hash and compress, for all migrations together.");

    static final Option<Boolean> DICTIONARY_ENABLED = plain(
            "dictionary.enabled",
            OptionType.flag(),
            true,
            "Whether zstd dictionaries are trained on the pages that cross, and used for frames of a few pages.");
    static final Option<Duration> DICTIONARY_UPDATE_INTERVAL = plain(
            "dictionary.update-interval",
            OptionType.duration(Duration.ofMinutes(1), Duration.ofDays(365)),
            Duration.ofHours(24),
            "How long after one training the next is due, if enough new pages have crossed. `hde dictionary train` trains "
                    + "at once.");
    static final Option<Integer> DICTIONARY_MAX_SAMPLES = plain(
            "dictionary.max-samples",
            OptionType.number(100, 4000),
            1000,
            "How many pages, the last ones that crossed, a dictionary is trained on and tested with.");
    static final Option<Long> DICTIONARY_MAX_SIZE = plain(
            "dictionary.max-size",
            OptionType.size(1 << 10, 128 << 10),
            4L << 10,
            "How large a dictionary may be. Larger ones were measured to save no more.");

    static final Option<Dedup> DEDUP = plain(
            "dedup",
            OptionType.oneOf(Dedup.class),
            Dedup.HOST,
            "Whether a page may be found in any VM's memory (`host`) or only in the same VM's (`vm`); so with dictionaries. With `host`, how "
                    + "fast a migration runs may tell whether another VM holds a certain page.");

    static final Option<Path> SOCKETS_DIRECTORY = plain(
            "sockets.directory",
            OptionType.path(),
            Path.of("/run/hde"),
            "Where the sockets are: the tunnel URI of a VM is `unix://DIRECTORY/PEER/VM.sock`. The same on all hosts. "
                    + "libvirt's hook knows only /run/hde: with another directory the agent hears nothing from it.");
    static final Option<String> SOCKETS_GROUP = plain(
            "sockets.group",
            OptionType.group(),
            "libvirt-qemu",
            "The group of the peers' directories and sockets: one to which QEMU's user belongs.");
    static final Option<Integer> SOCKETS_MODE = plain(
            "sockets.mode",
            OptionType.mode(),
            0770,
            "Permissions of the peers' directories and of the sockets in them.");

    static final Option<Optional<String>> CONTROL_GROUP = plain(
            "control.group",
            OptionType.groupOrNone(),
            Optional.empty(),
            "A group whose members may ask the agent what there is (`hde status`, `hde baseline list` and `show`, `hde "
                    + "dictionary list` and `show`), which tells them about all VMs. What changes anything (`drop`, `train`) is "
                    + "for root alone, and with `none` so is everything.");

    static final Option<Optional<HostPort>> METRICS_LISTEN = plain(
            "metrics.listen",
            OptionType.addressOrNone(HdeConfig.DEFAULT_PORT + 2),
            Optional.of(new HostPort("127.0.0.1", HdeConfig.DEFAULT_PORT + 2)),
            "Where Prometheus finds `/metrics`, and anybody `/healthz`, over HTTP without encryption or passwords: whoever "
                    + "can connect learns the names of VMs and how much was sent for each. If the address is taken, the "
                    + "agent runs without. See docs/metrics.md.");

    static final Option<String> LIBVIRT_URI =
            plain("libvirt.uri", OptionType.uri(), "qemu:///system", "The libvirt whose domains are followed.");

    static final Option<Optional<Path>> LIBVIRT_SOCKET = special(
            "libvirt.socket",
            OptionType.pathOrAuto(),
            "`auto`: /run/libvirt/libvirt-sock, or /run/libvirt/virtqemud-sock if that is not there",
            (facts, peer) -> Optional.empty(),
            "The libvirt socket of this host to which peers are connected that have may-control.");

    static final Option<Boolean> VERIFY_STREAM = plain(
            "verify-stream",
            OptionType.flag(),
            false,
            "Hash every byte of each stream once more at both ends (SHA-256) and show the sums in `hde status`. For "
                    + "tests: exactness does not depend on it.");
    static final Option<Boolean> WARM_UP = plain(
            "warm-up",
            OptionType.flag(),
            true,
            "Run the whole path on made-up pages at start, for some seconds, so that the first migration finds it "
                    + "compiled.");
    static final Option<LogLevel> LOG_LEVEL =
            plain("log.level", OptionType.oneOf(LogLevel.class), LogLevel.INFO, "What the agent logs.");

    /** All of them, in the order of the reference. */
    static final List<Option<?>> ALL = List.of(
            HOST_NAME,
            PEER_ADDRESS,
            PEER_CERTIFICATE_NAME,
            PEER_MAY_SEND,
            PEER_MAY_RECEIVE,
            PEER_MAY_CONTROL,
            PEER_LIBVIRT_SOCKET,
            PEER_MAX_BANDWIDTH,
            PEER_MIGRATION_PORTS,
            PEER_LOOPBACK_ADDRESS,
            MIGRATION_PORTS,
            TRANSPARENT_ENABLED,
            TRANSPARENT_PORT,
            TUNNEL_LISTEN,
            TUNNEL_CERTIFICATE,
            TUNNEL_KEY,
            TUNNEL_CLIENT_CERTIFICATE,
            TUNNEL_CLIENT_KEY,
            TUNNEL_CA,
            TUNNEL_CONNECT_TIMEOUT,
            TUNNEL_SILENCE_TIMEOUT,
            TUNNEL_RESUME_TIMEOUT,
            TUNNEL_MAX_CHANNELS,
            TUNNEL_MAX_BANDWIDTH,
            STORE_DIRECTORY,
            STORE_MAX_SIZE,
            STORE_MIN_FREE,
            STORE_ENCRYPTION,
            STORE_KEY_FILE,
            BASELINE_MAX_AGE,
            BASELINE_GENERATIONS,
            BASELINE_MAX_DELTA_CHAIN,
            CODEC_COMPRESSION_LEVEL,
            CODEC_MIN_COMPRESSION_RATIO,
            CODEC_MAX_CPU_UTILIZATION,
            CODEC_DELTA_ALGORITHM,
            CODEC_THREADS,
            DICTIONARY_ENABLED,
            DICTIONARY_UPDATE_INTERVAL,
            DICTIONARY_MAX_SAMPLES,
            DICTIONARY_MAX_SIZE,
            DEDUP,
            SOCKETS_DIRECTORY,
            SOCKETS_GROUP,
            SOCKETS_MODE,
            CONTROL_GROUP,
            METRICS_LISTEN,
            LIBVIRT_URI,
            LIBVIRT_SOCKET,
            VERIFY_STREAM,
            WARM_UP,
            LOG_LEVEL);

    private Options() {}

    private static <T> Option<T> plain(String path, OptionType<T> type, T value, String documentation) {
        return special(path, type, "`" + type.render().apply(value) + "`", (facts, peer) -> value, documentation);
    }

    private static <T> Option<T> special(
            String path, OptionType<T> type, String defaultText, Option.Default<T> defaultValue, String documentation) {
        return new Option<>(path, type, defaultText, Optional.of(defaultValue), documentation);
    }

    private static <T> Option<T> required(String path, OptionType<T> type, String documentation) {
        return new Option<>(path, type, "", Optional.empty(), documentation);
    }
}
