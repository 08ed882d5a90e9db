package io.novacron.hde.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Everything that can be configured, checked. What each option means and allows stands in {@link Options}, which also
 * makes {@code docs/configuration.md}.
 *
 * @param peers by name, in the order of the file
 * @param migrationPorts where QEMU on this host waits for VMs
 * @param verifyStream whether every byte of each stream is hashed at both ends
 * @param warmUp whether the whole path is exercised at start
 */
public record HdeConfig(
        Host host,
        Map<String, Peer> peers,
        PortRange migrationPorts,
        Transparent transparent,
        Tunnel tunnel,
        Store store,
        Baseline baseline,
        Codec codec,
        Dictionary dictionary,
        Dedup dedup,
        Sockets sockets,
        Control control,
        Metrics metrics,
        Libvirt libvirt,
        boolean verifyStream,
        boolean warmUp,
        Log log) {

    /** Where the configuration is unless the command line says otherwise. */
    public static final Path DEFAULT_PATH = Path.of("/etc/hde/hde.yaml");

    /** Where a tunnel is listened for and reached unless an address says otherwise. */
    public static final int DEFAULT_PORT = 7420;

    /** A path longer than this cannot be a unix socket's (sun_path of Linux without its final NUL), in bytes. */
    public static final int LONGEST_SOCKET_PATH = 107;

    /** Reads and checks a file. */
    public static HdeConfig load(Path file) throws ConfigException {
        return new ConfigReader(SystemFacts.ofThisHost()).read(file).config();
    }

    /** What holds where no file says anything. */
    public static HdeConfig defaults() throws ConfigException {
        return new ConfigReader(SystemFacts.ofThisHost()).defaults().config();
    }

    /** This host: its name is the directory, on its peers, of the sockets that lead to it. */
    public record Host(String name) {}

    /**
     * Another host's agent.
     *
     * @param name also the directory of the sockets that lead to it
     * @param certificateName a name its certificate must carry, unless it carries the address's host
     * @param maySend whether VMs may migrate from it to this host
     * @param mayReceive whether VMs may migrate from this host to it
     * @param mayControl whether its libvirt may talk to this host's
     * @param libvirtSocket whether there is a socket that leads to its libvirt
     * @param maxBandwidth bytes a second to it, if that is limited
     * @param migrationPorts where its QEMU waits for VMs
     * @param loopbackAddress where this host takes what libvirt sends to these ports; empty for nowhere
     */
    public record Peer(
            String name,
            HostPort address,
            String certificateName,
            boolean maySend,
            boolean mayReceive,
            boolean mayControl,
            boolean libvirtSocket,
            OptionalLong maxBandwidth,
            PortRange migrationPorts,
            Optional<InetAddress> loopbackAddress) {}

    /**
     * Migrations over TCP that are redirected to the agent.
     *
     * @param enabled from its start on
     * @param port where to
     */
    public record Transparent(boolean enabled, int port) {}

    /**
     * How tunnels are made, both those this host opens and those it is asked for.
     *
     * @param maxChannels channels open at once, in both directions together
     * @param maxBandwidth bytes a second to all peers together, if that is limited
     */
    public record Tunnel(
            HostPort listen,
            Path certificate,
            Path key,
            Path clientCertificate,
            Path clientKey,
            Path ca,
            Duration connectTimeout,
            Duration silenceTimeout,
            Duration resumeTimeout,
            int maxChannels,
            OptionalLong maxBandwidth) {}

    /**
     * The page store.
     *
     * @param maxSize bytes
     * @param minFree bytes of the file system that stay free
     * @param keyFile for encryption, if there is any
     */
    public record Store(Path directory, long maxSize, long minFree, StoreEncryption encryption, Path keyFile) {}

    /**
     * How long baselines live.
     *
     * @param generations kept for one VM and one peer
     */
    public record Baseline(Duration maxAge, int generations, int maxDeltaChain) {}

    /**
     * How pages are encoded.
     *
     * @param compressionLevel zstd's level; empty where the agent chooses
     * @param minCompressionRatio what compresses worse is sent raw
     * @param maxCpuUtilization share of the processors that may be busy, 0 to 1
     */
    public record Codec(
            OptionalInt compressionLevel,
            double minCompressionRatio,
            double maxCpuUtilization,
            DeltaAlgorithm deltaAlgorithm,
            int threads) {}

    /**
     * How dictionaries are trained, and whether they are used.
     *
     * @param maxSamples pages for one dictionary
     * @param maxSize bytes
     */
    public record Dictionary(boolean enabled, Duration updateInterval, int maxSamples, int maxSize) {}

    /**
     * Where the sockets are, and who may use them.
     *
     * @param mode permission bits of the sockets and of the peers' directories
     */
    public record Sockets(Path directory, String group, int mode) {
        /** A VM of this name would have its socket in the place of {@link #libvirt}. */
        public static final String LIBVIRT = "libvirt";

        /** What the socket for a VM's disks has behind the VM's name. */
        public static final String DISKS = "-disk";

        private static final Pattern NOT_IN_FILE_NAMES = Pattern.compile("[/\\p{Cntrl}]");

        /** Where {@code hde status} and its like reach the agent. */
        public Path control() {
            return directory.resolve("control.sock");
        }

        /** The socket that leads to the peer's libvirt. */
        public Path libvirt(String peer) {
            return of(peer).resolve(LIBVIRT + ".sock");
        }

        /** Where libvirt's hook leaves its events. */
        public Path hooks() {
            return directory.resolve("hooks");
        }

        /** The directory of the sockets that lead to this peer; where it is this host's own name, QEMU binds there. */
        public Path of(String peer) {
            return directory.resolve(peer);
        }

        /**
         * The socket through which a VM migrates to a peer.
         *
         * @throws IllegalArgumentException when no socket can be called so, with the reason
         */
        public Path of(String peer, String vm) {
            return socket(peer, vm, "");
        }

        /**
         * The socket through which a VM's disks are copied to a peer. A VM whose name is longer by that ending has the
         * same for its memory, and then the other has none for its disks.
         *
         * @throws IllegalArgumentException when no socket can be called so, with the reason
         */
        public Path ofDisks(String peer, String vm) {
            return socket(peer, vm, DISKS);
        }

        private Path socket(String peer, String vm, String ending) {
            if (vm.isEmpty() || NOT_IN_FILE_NAMES.matcher(vm).find()) {
                throw new IllegalArgumentException(
                        "a VM's name is not empty and has neither slashes nor control characters");
            }
            String name = vm + ending + ".sock";
            int length = (of(peer) + "/" + name).getBytes(StandardCharsets.UTF_8).length;
            if (length > LONGEST_SOCKET_PATH) {
                throw new IllegalArgumentException("the socket's path would be " + length + " bytes long, Linux allows "
                        + LONGEST_SOCKET_PATH + ": rename the VM or shorten sockets.directory");
            }
            return of(peer).resolve(name);
        }
    }

    /**
     * Who, beside root, may ask the agent.
     *
     * @param group whose members may; empty for nobody
     */
    public record Control(Optional<String> group) {}

    /**
     * What a monitoring system is told.
     *
     * @param listen where it asks; empty for nowhere
     */
    public record Metrics(Optional<HostPort> listen) {}

    /**
     * The hypervisor's manager.
     *
     * @param uri what the agent connects to
     * @param socket what peers that may control it are connected to; empty for the usual ones
     */
    public record Libvirt(String uri, Optional<Path> socket) {}

    /**
     * The agent's log.
     *
     * @param level this and graver
     */
    public record Log(LogLevel level) {}
}
