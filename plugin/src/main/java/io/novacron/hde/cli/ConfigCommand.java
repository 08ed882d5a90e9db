package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.config.ConfigText;
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
        throw new ParameterException(spec.commandLine(), "a command is missing: show, sample, check or reference");
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
}
