package io.novacron.hde.fuzz;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Runs fuzzers one after the other, each in a process of its own, and prints what came of it: {@code ./lab fuzz}. What they
 * make lies in {@code target/fuzz/NAME}: the corpus, which the next run goes on with, the findings, and Jazzer's log.
 */
public final class Fuzz {
    private static final double DEFAULT_MINUTES = 10;
    private static final double MOST_MINUTES = 10_000;
    private static final String ROW = "%-18s %8s %12s %8s %7s %9s %7s %9s%n";

    private Fuzz() {}

    /** {@code PROJECT [--minutes N] [--only NAME]...}; ends with 1 if anything was found. */
    public static void main(String[] arguments) throws Exception {
        try {
            System.exit(run(arguments) ? 0 : 1);
        } catch (IllegalArgumentException e) {
            System.err.println("lab: " + e.getMessage());
            System.exit(2);
        }
    }

    /** Returns whether nothing was found. */
    private static boolean run(String[] arguments) throws Exception {
        Path project = Path.of(arguments[0]);
        double minutes = DEFAULT_MINUTES;
        List<FuzzTarget> chosen = new ArrayList<>();
        for (int i = 1; i < arguments.length; i += 2) {
            String value = i + 1 < arguments.length ? arguments[i + 1] : "";
            switch (arguments[i]) {
                case "--minutes" -> minutes = minutes(value);
                case "--only" -> chosen.add(target(value));
                default ->
                    throw new IllegalArgumentException(
                            "there is no option " + arguments[i] + "; there are --minutes N and --only NAME");
            }
        }
        List<FuzzTarget> targets = chosen.isEmpty() ? List.of(FuzzTarget.values()) : chosen;
        System.out.printf(ROW, "target", "CPU s", "executions", "per s", "edges", "features", "corpus", "findings");
        List<FuzzRun.Figures> all = new ArrayList<>();
        for (FuzzTarget target : targets) {
            FuzzRun run = new FuzzRun(target, project);
            FuzzRun.Figures figures = run.run(minutes * 60);
            System.out.printf(
                    ROW,
                    target.word(),
                    Math.round(figures.cpuSeconds()),
                    figures.executions(),
                    Math.round(figures.executionsPerSecond()),
                    figures.edges(),
                    figures.features(),
                    figures.corpus(),
                    figures.findings().size());
            figures.findings().forEach(finding -> System.out.println("  " + finding));
            all.add(figures);
        }
        write(project.resolve("target/fuzz.json"), minutes, all);
        return all.stream().allMatch(figures -> figures.findings().isEmpty());
    }

    private static double minutes(String text) {
        double minutes;
        try {
            minutes = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            minutes = 0;
        }
        if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
            throw new IllegalArgumentException("--minutes needs a number of minutes, not '" + text + "'");
        }
        return minutes;
    }

    private static FuzzTarget target(String word) {
        return Arrays.stream(FuzzTarget.values())
                .filter(target -> target.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no fuzzer '" + word + "'; there are "
                        + Arrays.stream(FuzzTarget.values())
                                .map(FuzzTarget::word)
                                .collect(Collectors.joining(", "))));
    }

    private static void write(Path file, double minutes, List<FuzzRun.Figures> all) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("cpu_minutes_each", minutes);
        List<Map<String, Object>> targets = new ArrayList<>();
        for (FuzzRun.Figures figures : all) {
            Map<String, Object> target = new LinkedHashMap<>();
            target.put("target", figures.target());
            target.put("cpu_seconds", figures.cpuSeconds());
            target.put("executions", figures.executions());
            target.put("executions_per_second", figures.executionsPerSecond());
            target.put("edges", figures.edges());
            target.put("features", figures.features());
            target.put("corpus", figures.corpus());
            target.put("findings", figures.findings());
            targets.add(target);
        }
        report.put("targets", targets);
        Files.createDirectories(file.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), report);
    }
}
