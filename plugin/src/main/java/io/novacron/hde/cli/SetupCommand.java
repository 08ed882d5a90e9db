package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.setup.Setup;
import io.novacron.hde.setup.SetupException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde setup}. */
@Command(
        name = "setup",
        mixinStandardHelpOptions = true,
        description = "Make this host and another one peers, over ssh: certificates where there are none, both"
                + " configurations, and then what 'hde doctor' finds on both. What is as it should be stays as it is. HDE"
                + " must be installed on both hosts; run it as root.",
        footer = {"", "Exit status: 0 if nothing is wrong on either host afterwards; 1 otherwise."})
final class SetupCommand implements Callable<Integer> {
    private static final Pattern PEER =
            Pattern.compile("((?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?)([A-Za-z0-9][A-Za-z0-9._-]*)(?::([0-9]{1,5}))?");
    private static final int SSH = 22;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(
            index = "0",
            paramLabel = "[USER@]HOST[:PORT]",
            description =
                    "The other host, as ssh reaches it; its agent is reached at HOST too. The user must be root there.")
    private String peer;

    @Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    @Option(
            names = "--address",
            paramLabel = "HOST",
            description = "Where the other host reaches this one; without it, the address that ssh comes from.")
    private Optional<String> address = Optional.empty();

    @Option(names = "--new-certificates", description = "Make certificates for both hosts even where there are some.")
    private boolean newCertificates;

    @Option(names = "--ssh-option", paramLabel = "OPTION", description = "An option for ssh, as its -o takes it.")
    private List<String> sshOptions = List.of();

    @Override
    public Integer call() throws SetupException, IOException, ConfigException {
        Matcher matcher = PEER.matcher(peer);
        if (!matcher.matches()) {
            throw new ParameterException(spec.commandLine(), "\"" + peer + "\" is not [USER@]HOST[:PORT]");
        }
        PrintWriter out = spec.commandLine().getOut();
        Path sockets = Files.createTempDirectory(
                "hde-ssh", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            // one connection for everything: a password is asked for once
            List<String> options = new ArrayList<>(
                    List.of("ControlMaster=auto", "ControlPath=" + sockets + "/%C", "ControlPersist=10"));
            options.addAll(sshOptions);
            try (Setup setup = new Setup(
                    matcher.group(1) + matcher.group(2),
                    matcher.group(3) == null ? SSH : Integer.parseInt(matcher.group(3)),
                    options,
                    matcher.group(2),
                    config.file(),
                    dryRun,
                    line -> {
                        out.println(line);
                        out.flush();
                    })) {
                Setup.Outcome outcome = setup.run(address.orElse(null), newCertificates);
                if (!dryRun) {
                    tryThis(outcome, out);
                }
                return outcome.rightHere() && outcome.rightThere() ? 0 : 1;
            }
        } finally {
            Files.deleteIfExists(sockets);
        }
    }

    private void tryThis(Setup.Outcome outcome, PrintWriter out) throws ConfigException {
        HdeConfig loaded = config.load();
        HdeConfig.Peer to = loaded.peers().get(outcome.peer());
        if (!outcome.rightHere() || !outcome.rightThere()) {
            out.println("when the above is mended, run this once more, or try:");
        }
        out.println(UriCommand.command("VM", TunnelUri.ofLibvirt(to), TunnelUri.ofMemory(loaded, to, "VM")));
    }
}
