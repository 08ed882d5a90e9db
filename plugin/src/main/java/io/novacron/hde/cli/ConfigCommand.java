package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.config.ConfigText;
import io.novacron.hde.config.HdeConfig;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code hde config}. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Check and print the configuration.")
final class ConfigCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing: show, check, peers, sample or reference");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Print the values that hold, as a file that says the same; defaults are marked.")
    void show(@Mixin ConfigOption config) throws ConfigException {
        print(ConfigText.effective(config.file()));
    }

    @Command(mixinStandardHelpOptions = true, description = "Check the file; print nothing where it is right.")
    void check(@Mixin ConfigOption config) throws ConfigException {
        config.load();
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Print the names of the peers, one a line; the exit status is 1 where there is none.")
    void peers(@Mixin ConfigOption config) throws ConfigException, NoPeersException {
        Map<String, HdeConfig.Peer> peers = config.load().peers();
        if (peers.isEmpty()) {
            throw new NoPeersException(config.file());
        }
        print(String.join("\n", peers.keySet()) + "\n");
    }

    @Command(mixinStandardHelpOptions = true, description = "Print a file with every option, explained.")
    void sample(@Mixin ConfigOption config) {
        print(ConfigText.sample());
    }

    @Command(mixinStandardHelpOptions = true, description = "Print the page of all options (Markdown).")
    void reference(@Mixin ConfigOption config) {
        print(ConfigText.reference());
    }

    private void print(String text) {
        spec.commandLine().getOut().print(text);
    }

    private static final class NoPeersException extends Exception {
        private static final long serialVersionUID = 1;

        NoPeersException(Path file) {
            super(file + " names no peers: add one, as 'hde config sample' shows");
        }
    }
}
