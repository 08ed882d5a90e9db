package io.novacron.hde.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks what a file says against {@link Options}, all of it before it gives up, and builds the configuration. */
final class ConfigReader {
    /** So many bytes of a VM's name must fit into the path of its socket. */
    private static final int ROOM_FOR_VM = 20;

    private final SystemFacts facts;

    ConfigReader(SystemFacts facts) {
        this.facts = facts;
    }

    record Result(HdeConfig config, Values values) {}

    Result read(Path file) throws ConfigException {
        List<String> problems = new ArrayList<>();
        return check(ConfigFile.read(file, problems), file.toString(), problems);
    }

    Result read(String text, String name) throws ConfigException {
        List<String> problems = new ArrayList<>();
        return check(ConfigFile.read(text, name, problems), name, problems);
    }

    Result defaults() throws ConfigException {
        return check(new ConfigFile.Section(1, Map.of()), "defaults", new ArrayList<>());
    }

    private Result check(ConfigFile.Section root, String name, List<String> problems) throws ConfigException {
        Values values = new Values(facts);
        Check check = new Check(name, problems, values);
        check.section(root, List.of(), "");
        check.together();
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return new Result(build(values), values);
    }

    private static HdeConfig build(Values values) {
        Map<String, HdeConfig.Peer> peers = new LinkedHashMap<>();
        for (String peer : values.peers()) {
            peers.put(
                    peer,
                    new HdeConfig.Peer(
                            peer,
                            values.get(Options.PEER_ADDRESS, peer),
                            values.get(Options.PEER_CERTIFICATE_NAME, peer),
                            values.get(Options.PEER_MAY_SEND, peer),
                            values.get(Options.PEER_MAY_RECEIVE, peer),
                            values.get(Options.PEER_MAY_CONTROL, peer),
                            values.get(Options.PEER_LIBVIRT_SOCKET, peer),
                            values.get(Options.PEER_MAX_BANDWIDTH, peer),
                            values.get(Options.PEER_MIGRATION_PORTS, peer),
                            values.get(Options.PEER_LOOPBACK_ADDRESS, peer)));
        }
        return new HdeConfig(
                new HdeConfig.Host(values.get(Options.HOST_NAME)),
                Collections.unmodifiableMap(peers),
                values.get(Options.MIGRATION_PORTS),
                new HdeConfig.Transparent(
                        values.get(Options.TRANSPARENT_ENABLED), values.get(Options.TRANSPARENT_PORT)),
                new HdeConfig.Tunnel(
                        values.get(Options.TUNNEL_LISTEN),
                        values.get(Options.TUNNEL_CERTIFICATE),
                        values.get(Options.TUNNEL_KEY),
                        values.get(Options.TUNNEL_CLIENT_CERTIFICATE),
                        values.get(Options.TUNNEL_CLIENT_KEY),
                        values.get(Options.TUNNEL_CA),
                        values.get(Options.TUNNEL_CONNECT_TIMEOUT),
                        values.get(Options.TUNNEL_SILENCE_TIMEOUT),
                        values.get(Options.TUNNEL_RESUME_TIMEOUT),
                        values.get(Options.TUNNEL_MAX_CHANNELS),
                        values.get(Options.TUNNEL_MAX_BANDWIDTH)),
                new HdeConfig.Store(
                        values.get(Options.STORE_DIRECTORY),
                        values.get(Options.STORE_MAX_SIZE),
                        values.get(Options.STORE_MIN_FREE),
                        values.get(Options.STORE_ENCRYPTION),
                        values.get(Options.STORE_KEY_FILE)),
                new HdeConfig.Baseline(
                        values.get(Options.BASELINE_MAX_AGE),
                        values.get(Options.BASELINE_GENERATIONS),
                        values.get(Options.BASELINE_MAX_DELTA_CHAIN)),
                new HdeConfig.Codec(
                        values.get(Options.CODEC_COMPRESSION_LEVEL),
                        values.get(Options.CODEC_MIN_COMPRESSION_RATIO),
                        values.get(Options.CODEC_MAX_CPU_UTILIZATION),
                        values.get(Options.CODEC_DELTA_ALGORITHM),
                        values.get(Options.CODEC_THREADS)),
                new HdeConfig.Dictionary(
                        values.get(Options.DICTIONARY_ENABLED),
                        values.get(Options.DICTIONARY_UPDATE_INTERVAL),
                        values.get(Options.DICTIONARY_MAX_SAMPLES),
                        Math.toIntExact(values.get(Options.DICTIONARY_MAX_SIZE))),
                values.get(Options.DEDUP),
                new HdeConfig.Sockets(
                        values.get(Options.SOCKETS_DIRECTORY),
                        values.get(Options.SOCKETS_GROUP),
                        values.get(Options.SOCKETS_MODE)),
                new HdeConfig.Control(values.get(Options.CONTROL_GROUP)),
                new HdeConfig.Metrics(values.get(Options.METRICS_LISTEN)),
                new HdeConfig.Libvirt(values.get(Options.LIBVIRT_URI), values.get(Options.LIBVIRT_SOCKET)),
                values.get(Options.VERIFY_STREAM),
                values.get(Options.WARM_UP),
                new HdeConfig.Log(values.get(Options.LOG_LEVEL)));
    }

    private static final class Check {
        private final String file;
        private final List<String> problems;
        private final Values values;

        Check(String file, List<String> problems, Values values) {
            this.file = file;
            this.problems = problems;
            this.values = values;
        }

        private void problem(int line, String path, String reason) {
            problems.add(file + (line > 0 ? ":" + line : "") + ": " + path + ": " + reason);
        }

        /**
         * Goes through one section.
         *
         * @param above the section's place in the options' paths
         * @param peer in whose section this is; empty outside
         */
        void section(ConfigFile.Section section, List<String> above, String peer) {
            for (Map.Entry<String, ConfigFile.Node> child : section.children().entrySet()) {
                String key = child.getKey();
                ConfigFile.Node node = child.getValue();
                boolean isPeer = above.equals(List.of("peers"));
                List<String> path = append(above, isPeer ? Options.ANY : key);
                String owner = isPeer ? key : peer;
                String shown = printable(String.join(".", path).replace(Options.ANY, owner));
                if (isPeer && !isPeerName(key, node.line())) {
                    continue;
                }
                List<Option<?>> below = below(path);
                if (below.isEmpty()) {
                    problem(node.line(), shown, unknown(key, above));
                } else if (below.get(0).segments().size() == path.size()) {
                    value(below.get(0), owner, node, shown);
                } else if (node instanceof ConfigFile.Section inner) {
                    section(inner, path, owner);
                } else {
                    problem(node.line(), shown, "a section, not a value; it may hold " + names(path));
                }
            }
        }

        private boolean isPeerName(String peer, int line) {
            if (OptionType.isName(peer)) {
                values.addPeer(peer, line);
                return true;
            }
            String allowed = OptionType.name().allowed();
            problem(line, "peers." + printable(peer), "not a name for a host; allowed: " + allowed);
            return false;
        }

        private <T> void value(Option<T> option, String peer, ConfigFile.Node node, String shown) {
            String allowed = "; allowed: " + option.type().allowed();
            if (!(node instanceof ConfigFile.Value value)) {
                problem(node.line(), shown, "a single value is missing" + allowed);
                return;
            }
            try {
                values.set(option, peer, option.type().parse().apply(value.text()), node.line());
            } catch (IllegalArgumentException e) {
                problem(node.line(), shown, "\"" + printable(value.text()) + "\" is " + e.getMessage() + allowed);
            }
        }

        private static List<Option<?>> below(List<String> path) {
            return Options.ALL.stream()
                    .filter(option -> option.segments().size() >= path.size()
                            && option.segments().subList(0, path.size()).equals(path))
                    .collect(Collectors.toList());
        }

        private static String names(List<String> above) {
            return below(above).stream()
                    .map(option -> option.segments().get(above.size()))
                    .distinct()
                    .collect(Collectors.joining(", "));
        }

        private static String unknown(String key, List<String> above) {
            return "no such option" + (above.contains(Options.ANY) ? " of a peer" : "")
                    + nearest(key, above)
                            .map(near -> "; did you mean " + near + "?")
                            .orElse(";")
                    + " Allowed here: " + names(above);
        }

        private static Optional<String> nearest(String key, List<String> above) {
            Set<String> candidates = below(above).stream()
                    .map(option -> option.segments().get(above.size()))
                    .collect(Collectors.toSet());
            return candidates.stream()
                    .filter(name -> distance(key, name) <= Math.max(1, name.length() / 4))
                    .min((a, b) -> Integer.compare(distance(key, a), distance(key, b)));
        }

        /** Levenshtein's, with '_' for '-' at no cost. */
        private static int distance(String one, String two) {
            String a = one.length() > 64 ? one.substring(0, 64) : one;
            int[] row = new int[two.length() + 1];
            for (int j = 0; j < row.length; j++) {
                row[j] = j;
            }
            for (int i = 1; i <= a.length(); i++) {
                int diagonal = row[0];
                row[0] = i;
                for (int j = 1; j < row.length; j++) {
                    int change =
                            a.charAt(i - 1) == two.charAt(j - 1) || (a.charAt(i - 1) == '_' && two.charAt(j - 1) == '-')
                                    ? 0
                                    : 1;
                    int best = Math.min(diagonal + change, Math.min(row[j], row[j - 1]) + 1);
                    diagonal = row[j];
                    row[j] = best;
                }
            }
            return row[two.length()];
        }

        /** What no single option shows. */
        void together() {
            if (!problems.isEmpty()) {
                return;
            }
            String host = values.get(Options.HOST_NAME);
            if (!OptionType.isName(host)) {
                problem(
                        0,
                        "host.name",
                        "the system's host name \"" + printable(host) + "\" is not a name for a host: set this option; "
                                + "allowed: " + OptionType.name().allowed());
                return;
            }
            Map<HostPort, String> addresses = new HashMap<>();
            for (String peer : values.peers()) {
                String path = "peers." + peer;
                if (!values.isGiven(Options.PEER_ADDRESS, peer)) {
                    problem(values.peerLine(peer), path + ".address", "missing; allowed: " + HostPort.ALLOWED);
                    continue;
                }
                if (peer.equals(host)) {
                    problem(
                            values.peerLine(peer),
                            path,
                            "this host itself is called so (host.name); list other hosts only");
                }
                String other = addresses.putIfAbsent(values.get(Options.PEER_ADDRESS, peer), peer);
                if (other != null) {
                    problem(
                            values.line(Options.PEER_ADDRESS, peer),
                            path + ".address",
                            "the address of peer " + other + " too; each peer has its own");
                }
            }
            loopbackAddresses();
            socketPaths(host);
        }

        private void loopbackAddresses() {
            Map<InetAddress, String> owners = new HashMap<>();
            for (String peer : values.peers()) {
                Optional<InetAddress> address = values.get(Options.PEER_LOOPBACK_ADDRESS, peer);
                if (address.isEmpty()) {
                    continue;
                }
                int line = values.line(Options.PEER_LOOPBACK_ADDRESS, peer);
                String path = "peers." + peer + ".loopback-address";
                String other = owners.putIfAbsent(address.get(), peer);
                if (other != null) {
                    problem(line, path, "the loopback address of peer " + other + " too; each peer has its own");
                }
                PortRange own = values.get(Options.MIGRATION_PORTS);
                PortRange ports = values.get(Options.PEER_MIGRATION_PORTS, peer);
                if (ports.overlaps(own)) {
                    problem(
                            line,
                            path,
                            "the agent would listen on ports " + ports
                                    + ", and libvirt takes those for used, of its own "
                                    + own + ": give each host ports of its own (migration_port_min and "
                                    + "migration_port_max in qemu.conf, migration-ports here)");
                }
            }
        }

        private void socketPaths(String host) {
            Path directory = values.get(Options.SOCKETS_DIRECTORY);
            Collection<String> names = new ArrayList<>(values.peers());
            names.add(host);
            for (String name : names) {
                String path = directory + "/" + name + "/" + "x".repeat(ROOM_FOR_VM) + ".sock";
                int length = path.getBytes(StandardCharsets.UTF_8).length;
                if (length > HdeConfig.LONGEST_SOCKET_PATH) {
                    problem(
                            values.line(Options.SOCKETS_DIRECTORY, ""),
                            "sockets.directory",
                            "too long: with host \"" + name + "\" and a VM's name of " + ROOM_FOR_VM
                                    + " characters, sockets' paths would have " + length + " bytes; Linux allows "
                                    + HdeConfig.LONGEST_SOCKET_PATH);
                    return;
                }
            }
        }

        private static List<String> append(List<String> path, String segment) {
            List<String> longer = new ArrayList<>(path);
            longer.add(segment);
            return longer;
        }

        private static String printable(String text) {
            String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
            return shown.replaceAll("\\p{Cntrl}", "?");
        }
    }
}
