package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde uri}: needs no agent, as the tunnel URI follows from names alone. */
@Command(
        name = "uri",
        mixinStandardHelpOptions = true,
        description = "Print the command that migrates a VM to a peer through the tunnel.")
final class UriCommand implements Callable<Integer> {
    private static final Pattern NEEDS_NO_QUOTES = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    private static final String UNRESERVED = "-._~/";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(index = "0", paramLabel = "VM", description = "The domain's name.")
    private String vm;

    @Parameters(index = "1", paramLabel = "PEER", description = "A peer's name in the configuration.")
    private String peer;

    @Option(
            names = "--desturi",
            paramLabel = "URI",
            description = "The destination's libvirt; without it, qemu+ssh://HOST/system with the host of the peer's "
                    + "address.")
    private String destination;

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        HdeConfig.Peer to = loaded.peers().get(peer);
        if (to == null) {
            throw new ParameterException(spec.commandLine(), "no peer is called \"" + peer + "\"; " + known(loaded));
        }
        if (!to.mayReceive()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "peer " + peer + " may not receive VMs from this host: peers." + peer
                            + ".may-receive is false, and no socket leads to it");
        }
        spec.commandLine().getOut().println(command(loaded, to));
        return 0;
    }

    private static String known(HdeConfig config) {
        return config.peers().isEmpty()
                ? "the configuration has no peers"
                : "there are " + String.join(", ", config.peers().keySet());
    }

    private String command(HdeConfig loaded, HdeConfig.Peer to) {
        String path;
        try {
            path = loaded.sockets().of(to.name(), vm).toString();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "VM \"" + vm + "\": " + e.getMessage(), e);
        }
        String host = to.address().host();
        String desturi = destination != null
                ? destination
                : "qemu+ssh://" + (host.contains(":") ? "[" + host + "]" : host) + "/system";
        // A name that begins with '-' would be taken for an option of virsh.
        String domain = vm.startsWith("-") ? "--domain=" + vm : vm;
        String command = List.of(
                        "virsh",
                        "migrate",
                        "--live",
                        "--persistent",
                        "--undefinesource",
                        domain,
                        desturi,
                        "--migrateuri",
                        "unix://" + percentEncoded(path))
                .stream()
                .map(UriCommand::quoted)
                .collect(Collectors.joining(" "));
        return command + System.lineSeparator() + disks(loaded, to);
    }

    /** A comment to a shell. */
    private String disks(HdeConfig loaded, HdeConfig.Peer to) {
        try {
            return "# for disks that the hosts do not share, add: --copy-storage-all --disks-uri "
                    + quoted("unix://"
                            + percentEncoded(
                                    loaded.sockets().ofDisks(to.name(), vm).toString()));
        } catch (IllegalArgumentException e) {
            return "# disks that the hosts do not share cannot be copied through the tunnel: " + e.getMessage();
        }
    }

    /** libvirt decodes the path of a URI (RFC 3986), so what is not plain in a VM's name must be encoded. */
    private static String percentEncoded(String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || UNRESERVED.indexOf(c) >= 0;
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }

    private static String quoted(String word) {
        return NEEDS_NO_QUOTES.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
