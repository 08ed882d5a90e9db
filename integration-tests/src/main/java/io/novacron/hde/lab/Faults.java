package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The soak: two VMs migrate to and fro through HDE for some minutes while tunnels are cut, links fall silent and agents are
 * killed. Prints what became of every migration, then a table, and leaves the figures in target/faults.json.
 */
public final class Faults {
    private final PrintStream out;
    private final Path project;
    private final FaultsOptions options;

    private Faults(PrintStream out, Path project, FaultsOptions options) {
        this.out = out;
        this.project = project;
        this.options = options;
    }

    /** Arguments: the project's directory, then the options of {@code ./lab faults}. */
    public static void main(String[] arguments) throws IOException {
        LabProgram.run(out -> {
            FaultsOptions options = FaultsOptions.parse(
                    Arrays.asList(arguments).subList(1, arguments.length), new Random().nextInt(1_000_000));
            return new Faults(out, Path.of(arguments[0]), options).run();
        });
    }

    /** What target/faults.json holds. */
    private record Figures(
            @JsonProperty("seed") long seed,
            @JsonProperty("minutes") long minutes,
            @JsonProperty("migrations") int migrations,
            @JsonProperty("downtime_without_fault_ms") Long usualDowntimeMs,
            @JsonProperty("missed") int missed,
            @JsonProperty("faults") List<FaultTally.Line> faults,
            @JsonProperty("agents") List<AgentGrowth.Line> agents,
            @JsonProperty("complaints") List<String> complaints) {}

    private boolean run() throws IOException {
        out.println("Building the guest's kernel (once; a minute)");
        Lab.build(project);
        out.println("Starting hosts hA and hB, their agents and a VM on each");
        boolean good;
        try (Lab lab = Lab.up(project, "hA", "hB")) {
            try {
                lab.hosts().forEach(host -> host.agent().start());
                FaultSoak soak = FaultSoak.start(lab, out::println);
                out.println("Faults for " + options.duration().toMinutes() + " minutes, seed " + options.seed());
                FaultDraws draws = new FaultDraws(options.seed());
                long start = System.nanoTime();
                while (!soak.over()
                        && System.nanoTime() - start < options.duration().toNanos()) {
                    soak.round(draws.next());
                }
                good = report(soak);
            } catch (LabException e) {
                throw lab.withLogs(e);
            }
            if (!good) {
                out.println("The logs are in " + lab.saveLogs() + ".");
            }
        }
        return good;
    }

    private boolean report(FaultSoak soak) throws IOException {
        FaultTally tally = soak.tally();
        List<AgentGrowth.Line> growth = soak.growth();
        List<String> complaints = new ArrayList<>(tally.complaints());
        growth.stream()
                .filter(line -> !line.withinLimits())
                .forEach(line -> complaints.add(
                        line.figure() + " of the agent on " + line.host() + " is not within its limits"));
        out.println();
        out.println(FaultTable.header());
        tally.lines().forEach(line -> out.println(FaultTable.line(line)));
        out.println();
        out.println(FaultTable.growthHeader());
        growth.forEach(line -> out.println(FaultTable.line(line)));
        out.println();
        out.println(tally.migrations() + " migrations; " + tally.missedFaults() + " faults came after the end");
        complaints.forEach(complaint -> out.println("NOT GOOD: " + complaint));
        Path json = project.resolve("target/faults.json");
        Files.createDirectories(json.getParent());
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(
                        json.toFile(),
                        new Figures(
                                options.seed(),
                                options.duration().toMinutes(),
                                tally.migrations(),
                                tally.usualDowntime().isPresent()
                                        ? tally.usualDowntime().getAsLong()
                                        : null,
                                tally.missedFaults(),
                                tally.lines(),
                                growth,
                                complaints));
        out.println("The figures are in " + json + ".");
        return complaints.isEmpty();
    }
}
