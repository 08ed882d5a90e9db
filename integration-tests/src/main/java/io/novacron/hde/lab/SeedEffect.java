package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * What a guest notices of being seeded: redis-benchmark in the guest with and without, in pairs whose order changes, so
 * that what else the machine does meets both. Prints each pair and the median of their ratios, and leaves the figures in
 * target/seed-effect.json.
 */
public final class SeedEffect {
    private static final String RATE = "100mbit";
    private static final int DEFAULT_PAIRS = 6;
    private static final int MOST_PAIRS = 100;

    /** Some seconds: much less than a seed of this guest takes. */
    private static final int REQUESTS = 30_000;

    private static final List<String> KINDS = List.of("set", "get");
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration BEGIN = Duration.ofSeconds(30);

    private final PrintStream out;
    private final Path project;
    private final int pairs;
    private final List<Pair> measured = new ArrayList<>();

    private SeedEffect(PrintStream out, Path project, int pairs) {
        this.out = out;
        this.project = project;
        this.pairs = pairs;
    }

    /** Requests a second, of one kind. */
    private record Pair(String kind, double without, double with) {
        double ratio() {
            return with / without;
        }
    }

    /** Arguments: the project's directory, then the options of {@code ./lab seed-effect}. */
    public static void main(String[] arguments) throws IOException {
        LabProgram.run(out -> {
            int pairs = pairs(Arrays.asList(arguments).subList(1, arguments.length));
            new SeedEffect(out, Path.of(arguments[0]), pairs).run();
            return true;
        });
    }

    static int pairs(List<String> options) throws DemoOptions.BadOption {
        if (options.isEmpty()) {
            return DEFAULT_PAIRS;
        }
        if (!options.get(0).equals("--pairs") || options.size() > 2) {
            throw new DemoOptions.BadOption("seed-effect has one option, --pairs N");
        }
        String value = options.size() == 2 ? options.get(1) : "";
        if (!value.matches("[1-9][0-9]{0,2}") || Integer.parseInt(value) > MOST_PAIRS) {
            throw new DemoOptions.BadOption(
                    "--pairs must be a number from 1 to " + MOST_PAIRS + ", not '" + value + "'");
        }
        return Integer.parseInt(value);
    }

    private void run() throws IOException {
        out.println("Building the guest's disk and kernel (once; some minutes)");
        Lab.build(project);
        out.println("Starting hosts hA and hB, their agents and a VM with redis (a minute)");
        try (Lab lab = Lab.up(project, "hA", "hB")) {
            try {
                measure(lab);
            } catch (LabException e) {
                throw lab.withLogs(e);
            }
        }
        ObjectNode figures = new ObjectMapper().createObjectNode();
        for (String kind : KINDS) {
            double[] ratios = measured.stream()
                    .filter(pair -> pair.kind().equals(kind))
                    .mapToDouble(Pair::ratio)
                    .sorted()
                    .toArray();
            double median = (ratios[(ratios.length - 1) / 2] + ratios[ratios.length / 2]) / 2;
            out.printf(
                    Locale.ROOT,
                    "%s: %.3f of the throughput without (median of %d pairs, %.3f to %.3f)%n",
                    kind,
                    median,
                    ratios.length,
                    ratios[0],
                    ratios[ratios.length - 1]);
            figures.put(kind + "_median_ratio", median);
        }
        figures.set("pairs", new ObjectMapper().valueToTree(measured));
        Path json = project.resolve("target/seed-effect.json");
        Files.createDirectories(json.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), figures);
        out.println("The figures are in " + json + ".");
    }

    private void measure(Lab lab) {
        LabHost from = lab.host("hA");
        LabHost to = lab.host("hB");
        from.agent().start();
        to.agent().start();
        Guest guest = lab.start(from, GuestSpec.real("debian"));
        guest.awaitReady(BOOT);
        from.agent().awaitReady();
        to.agent().awaitReady();
        lab.shape(RATE);
        guest.load(0, false);
        // what is measured first would otherwise be what is cold
        KINDS.forEach(kind -> guest.throughput(kind, REQUESTS));
        out.printf("%-4s %14s %14s%n", "", "without, 1/s", "seeded, 1/s");
        for (int i = 0; i < pairs; i++) {
            for (String kind : KINDS) {
                boolean seededFirst = i % 2 == 1;
                double first = seededFirst ? seeded(guest, from, to, kind) : guest.throughput(kind, REQUESTS);
                double second = seededFirst ? guest.throughput(kind, REQUESTS) : seeded(guest, from, to, kind);
                Pair pair = seededFirst ? new Pair(kind, second, first) : new Pair(kind, first, second);
                measured.add(pair);
                out.printf(Locale.ROOT, "%-4s %14.0f %14.0f  %.3f%n", kind, pair.without(), pair.with(), pair.ratio());
            }
        }
    }

    /** While all of its memory is sent, as nothing of it is known. */
    private static double seeded(Guest guest, LabHost from, LabHost to, String kind) {
        from.agent().forgetBaselines();
        to.agent().forgetBaselines();
        CompletableFuture<Output> seed =
                CompletableFuture.supplyAsync(() -> from.tryRun("hde", "seed", guest.name(), to.name()));
        Waiting.until("the seed to begin", BEGIN, () -> isSeeded(guest, from), from.agent()::log);
        double throughput = guest.throughput(kind, REQUESTS);
        if (!isSeeded(guest, from)) {
            throw new LabException("lab: the seed ended before redis-benchmark: it was too short to be measured");
        }
        from.run("hde", "seed", guest.name(), to.name(), "--stop");
        seed.join();
        return throughput;
    }

    private static boolean isSeeded(Guest guest, LabHost from) {
        for (JsonNode channel : from.agent().status().path("channels")) {
            if (channel.path("vm").asText().equals(guest.name())
                    && channel.path("kind").asText().equals("seed")) {
                return true;
            }
        }
        return false;
    }
}
