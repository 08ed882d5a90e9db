package io.novacron.hde.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.SeedReport;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde seed}. */
@Command(
        name = "seed",
        mixinStandardHelpOptions = true,
        description = {
            "Send a running VM's memory to a peer, so that its migration there costs little.",
            "Without a VM, list what is being seeded."
        },
        footer = {
            "",
            "Returns when the peer has it; interrupted, it goes on in the agent. What is to be seeded whenever the agent "
                    + "runs is said in the configuration (peers.PEER.seed)."
        })
final class SeedCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(index = "0", arity = "0..1", paramLabel = "VM", description = "The domain's name.")
    private String vm;

    @Parameters(index = "1", arity = "0..1", paramLabel = "PEER", description = "A peer's name in the configuration.")
    private String peer;

    @Option(
            names = "--keep-fresh",
            paramLabel = "INTERVAL",
            description =
                    "Send what has changed again and again, for example every 5m, until it is stopped or the agent "
                            + "ends.")
    private String keepFresh;

    @Option(names = "--max-bandwidth", paramLabel = "SIZE", description = "Bytes a second, for example 2MiB.")
    private String maxBandwidth;

    @Option(names = "--stop", description = "End it; what has crossed stays.")
    private boolean stop;

    @Option(names = "--json", description = "Print JSON, and do not wait.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        ControlClient client = config.client();
        if (vm == null) {
            list(client.seeds());
            return 0;
        }
        if (peer == null) {
            throw new ParameterException(spec.commandLine(), "a peer is missing: hde seed VM PEER");
        }
        if (stop) {
            SeedReport report = client.stopSeed(vm, peer);
            out().println(
                            json
                                    ? ControlJson.mapper().writeValueAsString(report)
                                    : vm + " is no longer seeded to " + peer);
            return 0;
        }
        SeedReport report = client.seed(vm, peer, interval(), bandwidth());
        if (json) {
            out().println(ControlJson.mapper().writeValueAsString(report));
            return 0;
        }
        new SeedWatch(out(), client).await(report);
        return 0;
    }

    private Long interval() {
        if (keepFresh == null) {
            return null;
        }
        try {
            return HdeConfig.Seed.parseInterval(keepFresh).toSeconds();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--keep-fresh: " + e.getMessage(), e);
        }
    }

    private Long bandwidth() {
        if (maxBandwidth == null) {
            return null;
        }
        try {
            OptionalLong limit = HdeConfig.Seed.parseBandwidth(maxBandwidth);
            return limit.isPresent() ? limit.getAsLong() : null;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--max-bandwidth: " + e.getMessage(), e);
        }
    }

    private void list(List<SeedReport> seeds) throws JsonProcessingException {
        if (json) {
            out().println(ControlJson.mapper().writeValueAsString(seeds));
            return;
        }
        Table table = new Table("VM", "PEER", "STATE", ">DONE", ">SENT", "COMPLETED", "NEXT", "BASELINE", "ERROR");
        for (SeedReport seed : seeds) {
            table.row(
                    seed.vm(),
                    seed.peer(),
                    seed.state().name().toLowerCase(Locale.ROOT) + (seed.policy() ? " (configured)" : ""),
                    seed.pages() == 0 ? null : Math.round(100.0 * seed.pagesDone() / seed.pages()) + " %",
                    Amounts.bytes(seed.totalWireBytes()),
                    seed.completed(),
                    seed.due() == null ? null : "in " + Amounts.seconds(until(seed.due())),
                    StatusText.root(seed.baseline()),
                    seed.error());
        }
        out().print(table.isEmpty() ? "nothing is seeded\n" : table.toString());
    }

    private static long until(Instant due) {
        return Math.max(0, Duration.between(Instant.now(), due).toMillis());
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
