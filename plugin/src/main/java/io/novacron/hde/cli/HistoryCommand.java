package io.novacron.hde.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlJson;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde history}. */
@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        description = "Show the last migrations and seeds from and to this host, the newest first.")
final class HistoryCommand implements Callable<Integer> {
    /** As many digits of a migration's name as tell it from others. */
    private static final int ID_DIGITS = 8;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "VM|ID",
            description = "Only those of this VM, or the one whose ID begins so.")
    private Optional<String> which = Optional.empty();

    @Option(names = "--json", description = "Print JSON: a list of records, in which everything is told.")
    private boolean json;

    @Override
    public Integer call() throws ConfigException, ControlException, JsonProcessingException {
        List<ChannelReport> records =
                config.client().history().stream().filter(this::isWanted).toList();
        if (json) {
            out().println(ControlJson.mapper().writeValueAsString(records));
            return 0;
        }
        if (records.isEmpty()) {
            throw new ControlException(
                    which.map(name -> "there is no record of a VM " + name + ", and none whose ID begins so")
                            .orElse("there are no records yet"));
        }
        Table table = new Table(
                "ID",
                "BEGAN",
                "VM",
                "WAY",
                "KIND",
                "RESULT",
                ">TIME",
                ">STREAM",
                ">WIRE",
                ">SAVED",
                "DOWNTIME",
                "REASON");
        for (ChannelReport record : records) {
            table.row(
                    record.migration().substring(0, ID_DIGITS),
                    record.started(),
                    record.vm(),
                    StatusText.way(record),
                    StatusText.kind(record),
                    record.outcome().name().toLowerCase(Locale.ROOT),
                    record.finished() == null ? null : Amounts.time(record.started(), record.finished()),
                    Amounts.bytes(record.streamBytes()),
                    Amounts.bytes(record.wireBytes()),
                    Amounts.saved(record.streamBytes(), record.wireBytes()),
                    downtime(record),
                    record.reason());
        }
        out().print(table);
        return 0;
    }

    private boolean isWanted(ChannelReport record) {
        return which.map(name -> record.vm().equals(name)
                        || (name.length() >= 4 && record.migration().startsWith(name)))
                .orElse(true);
    }

    /** As far as the agents see it; null where that is not known. */
    private static String downtime(ChannelReport record) {
        ChannelReport.Switchover times = record.switchover();
        return times == null
                ? null
                : "about " + (times.lastRoundMs() + times.deviceStateMs() + times.deliveryMs() + times.loadingMs())
                        + " ms";
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
