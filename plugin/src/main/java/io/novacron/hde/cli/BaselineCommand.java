package io.novacron.hde.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.BaselineDetail;
import io.novacron.hde.control.BaselineSummary;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlJson;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde baseline}. */
@Command(
        name = "baseline",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Look at the baselines of this host, and delete them.")
final class BaselineCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: list, show or drop");
    }

    @Command(mixinStandardHelpOptions = true, description = "List all baselines.")
    void list(@Mixin ConfigOption config, @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        List<BaselineSummary> baselines = config.client().baselines();
        if (json) {
            printJson(baselines);
        } else {
            out().print(
                            baselines.isEmpty()
                                    ? "no baselines\n"
                                    : table(baselines).toString());
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "Show one baseline.")
    void show(
            @Mixin ConfigOption config,
            @Parameters(paramLabel = "ROOT|VM", description = "The beginning of a root, or a VM for its newest.")
                    String name,
            @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        BaselineDetail detail = config.client().baseline(name);
        if (json) {
            printJson(detail);
            return;
        }
        Table blocks = new Table("RAM BLOCK", ">SIZE", ">PAGES NOT ZERO");
        detail.blocks().forEach(block -> blocks.row(block.name(), Amounts.bytes(block.bytes()), block.pages()));
        out().print("root " + detail.baseline().root() + "\nuuid "
                + detail.baseline().uuid() + "\n\n" + table(List.of(detail.baseline())) + "\n" + blocks);
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Delete baselines; the next migration of the VM sends more for it.")
    void drop(
            @Mixin ConfigOption config,
            @Parameters(
                            paramLabel = "VM|ROOT",
                            description = "A VM for all of its baselines, or the beginning of a root.")
                    String name)
            throws ConfigException, ControlException {
        int count = config.client().dropBaselines(name);
        out().println(count == 1 ? "1 baseline deleted" : count + " baselines deleted");
    }

    private static Table table(List<BaselineSummary> baselines) {
        Table table =
                new Table("VM", "OF", "ROOT", "PEER", ">GENERATION", "CAPTURED", ">SIZE", ">PAGES NOT ZERO", "IN USE");
        for (BaselineSummary baseline : baselines) {
            table.row(
                    baseline.vm(),
                    baseline.disk() == null ? "memory" : baseline.disk(),
                    StatusText.root(baseline.root()),
                    baseline.peer().isEmpty() ? null : baseline.peer(),
                    baseline.generation(),
                    baseline.captured(),
                    Amounts.bytes(baseline.bytes()),
                    baseline.pages(),
                    baseline.inUse() ? "yes" : "no");
        }
        return table;
    }

    private void printJson(Object report) throws JsonProcessingException {
        out().println(ControlJson.mapper().writeValueAsString(report));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
