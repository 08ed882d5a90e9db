package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code hde uri}: needs no agent, as the tunnel URI follows from names alone. */
@Command(
        name = "uri",
        mixinStandardHelpOptions = true,
        description = "Print the command that migrates a VM to a peer through the tunnel.")
final class UriCommand implements Callable<Integer> {
    private static final Pattern NEEDS_NO_QUOTES = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Mixin
    private Destination destination;

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        HdeConfig.Peer to = Peers.receiver(spec, loaded, destination.peer());
        spec.commandLine().getOut().println(command(loaded, to));
        return 0;
    }

    private String command(HdeConfig loaded, HdeConfig.Peer to) {
        String memory;
        try {
            memory = TunnelUri.ofMemory(loaded, to, destination.vm());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "VM \"" + destination.vm() + "\": " + e.getMessage(), e);
        }
        return command(destination.vm(), destination.libvirt(to), memory) + System.lineSeparator() + disks(loaded, to);
    }

    /** The command that migrates a VM, for a shell. */
    static String command(String vm, String libvirt, String memory) {
        // A name that begins with '-' would be taken for an option of virsh.
        String domain = vm.startsWith("-") ? "--domain=" + vm : vm;
        return List.of(
                        "virsh",
                        "migrate",
                        "--live",
                        "--persistent",
                        "--undefinesource",
                        domain,
                        libvirt,
                        "--migrateuri",
                        memory)
                .stream()
                .map(UriCommand::quoted)
                .collect(Collectors.joining(" "));
    }

    /** A comment to a shell. */
    private String disks(HdeConfig loaded, HdeConfig.Peer to) {
        try {
            return "# for disks that the hosts do not share, add: --copy-storage-all --disks-uri "
                    + quoted(TunnelUri.ofDisks(loaded, to, destination.vm()));
        } catch (IllegalArgumentException e) {
            return "# disks that the hosts do not share cannot be copied through the tunnel: " + e.getMessage();
        }
    }

    private static String quoted(String word) {
        return NEEDS_NO_QUOTES.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
