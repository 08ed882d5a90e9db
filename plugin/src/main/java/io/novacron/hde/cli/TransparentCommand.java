package io.novacron.hde.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.TransparentReport;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code hde transparent}. */
@Command(
        name = "transparent",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Have migrations over TCP to peers go through the agent without being told to.",
        footer = {"", "Until the agent ends; transparent.enabled in the configuration says how it starts."})
final class TransparentCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: on, off or status");
    }

    @Command(mixinStandardHelpOptions = true, description = "Set the rule, for the addresses that peers have now.")
    void on(@Mixin ConfigOption config) throws ConfigException, ControlException {
        print(config.client().switchTransparent(true));
    }

    @Command(mixinStandardHelpOptions = true, description = "Remove the rule; migrations that run go on.")
    void off(@Mixin ConfigOption config) throws ConfigException, ControlException {
        print(config.client().switchTransparent(false));
    }

    @Command(mixinStandardHelpOptions = true, description = "Show whether the rule is set, and what it redirects.")
    void status(@Mixin ConfigOption config, @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        TransparentReport report = config.client().transparent();
        if (json) {
            out().println(ControlJson.mapper().writeValueAsString(report));
        } else {
            print(report);
        }
    }

    private void print(TransparentReport report) {
        if (!report.on()) {
            out().println("transparent mode is off");
            return;
        }
        Table table = new Table("PEER", "ADDRESS", "PORTS");
        report.targets().forEach(target -> table.row(target.peer(), target.address(), target.ports()));
        out().print("transparent mode is on: redirected to port " + report.port() + "\n\n" + table);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
