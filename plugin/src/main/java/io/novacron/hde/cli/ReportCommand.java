package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.report.ReportPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde report}. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "Make a page for a browser of a migration that has ended: what crossed and how, over time, the"
                + " downtime, and a map of the VM's memory. The page is one file that needs nothing else. For the last 100"
                + " channels; of older ones there are only figures.")
final class ReportCommand implements Callable<Integer> {
    private static final String LAST = "last";
    private static final int LEAST_DIGITS = 4;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Parameters(
            index = "0",
            paramLabel = "ID",
            description = "The migration whose ID begins so, as 'hde history' shows it; 'last' for the last one.")
    private String id;

    @Option(names = "--output", paramLabel = "FILE", description = "Write the page there; without it, to stdout.")
    private Optional<Path> output = Optional.empty();

    @Override
    public Integer call() throws ConfigException, ControlException, IOException {
        ControlClient client = config.client();
        ChannelReport wanted = find(client.history());
        List<ChannelCourse> courses = client.courses(wanted.migration());
        String page = ReportPage.of(
                client.status().host(),
                courses.isEmpty() ? List.of(new ChannelCourse(wanted, 0, List.of(), null)) : courses);
        if (output.isPresent()) {
            Files.writeString(output.get(), page);
            spec.commandLine().getOut().println("wrote " + output.get());
        } else {
            spec.commandLine().getOut().print(page);
        }
        return 0;
    }

    /** The newest that is called so. */
    private ChannelReport find(List<ChannelReport> history) throws ControlException {
        if (id.equals(LAST)) {
            return history.stream()
                    .filter(record -> record.kind() != ChannelReport.Kind.SEED)
                    .findFirst()
                    .orElseThrow(() -> new ControlException("there is no record of a migration yet"));
        }
        List<ChannelReport> found = history.stream()
                .filter(record ->
                        id.length() >= LEAST_DIGITS && record.migration().startsWith(id))
                .toList();
        if (found.stream().map(ChannelReport::migration).distinct().count() > 1) {
            throw new ControlException("more than one migration's ID begins with " + id + ": give more digits");
        }
        return found.stream()
                .findFirst()
                .orElseThrow(() -> new ControlException("there is no record whose ID begins with " + id
                        + "; 'hde history' lists them (give " + LEAST_DIGITS + " digits or more)"));
    }
}
