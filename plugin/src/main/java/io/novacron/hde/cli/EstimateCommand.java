package io.novacron.hde.cli;

import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.EstimateReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde estimate}. */
@Command(
        name = "estimate",
        mixinStandardHelpOptions = true,
        description = "Say what migrating a running VM to a peer would cost now.",
        footer = {
            "",
            "Takes some seconds, in which the VM is watched and runs on. Its memory is compared with what the peer holds, a "
                    + "sample of what it lacks is packed, and up to some megabytes measure the link. Bytes are those that "
                    + "'hde status' counts."
        })
final class EstimateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(index = "0", paramLabel = "VM", description = "The domain's name.")
    private String vm;

    @Parameters(index = "1", paramLabel = "PEER", description = "A peer's name in the configuration.")
    private String peer;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        EstimateReport report = config.client().estimate(vm, peer);
        if (json) {
            spec.commandLine().getOut().println(ControlJson.mapper().writeValueAsString(report));
        } else {
            spec.commandLine().getOut().print(EstimateText.of(report));
        }
        return 0;
    }
}
