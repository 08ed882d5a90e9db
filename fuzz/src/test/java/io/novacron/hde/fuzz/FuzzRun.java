package io.novacron.hde.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One fuzzer under Jazzer, until it has had its time. */
final class FuzzRun {
    /** Of one input: far above what the longest takes, and the first, with which classes are loaded, on a busy machine. */
    private static final int TIMEOUT_SECONDS = 300;

    /** Findings after which a process ends. */
    private static final int MOST_FINDINGS = 10;

    /** A fuzzer whose process dies again and again has findings enough. */
    private static final int MOST_PROCESSES = 20;

    private static final int HEAP_MEBIBYTES = 512;
    private static final int DIRECT_MEBIBYTES = 256;
    private static final long POLL_MILLIS = 200;
    private static final Pattern STATUS = Pattern.compile("#(\\d+)\\s.*cov: (\\d+) ft: (\\d+) corp: (\\d+)/");

    private final FuzzTarget target;
    private final Path project;
    private final Path directory;
    private final Path findings;
    private double cpuSeconds;

    FuzzRun(FuzzTarget target, Path project) {
        this.target = target;
        this.project = project;
        this.directory = project.resolve("target/fuzz").resolve(target.word());
        this.findings = directory.resolve("findings");
    }

    /**
     * What came of it.
     *
     * @param cpuSeconds of its processes, their start included
     * @param edges of the program that some input takes
     * @param features edges and how often they are taken, and comparisons
     * @param corpus inputs that have something new each
     * @param findings files with the inputs that failed
     */
    record Figures(
            String target,
            double cpuSeconds,
            long executions,
            long edges,
            long features,
            long corpus,
            List<String> findings) {
        double executionsPerSecond() {
            return executions / Math.max(1, cpuSeconds);
        }
    }

    Figures run(double seconds) throws Exception {
        Path corpus = Files.createDirectories(directory.resolve("corpus"));
        Path seeds = Files.createDirectories(directory.resolve("seeds"));
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        Files.createDirectories(findings);
        for (Path old : files(findings)) {
            Files.delete(old);
        }
        for (Map.Entry<String, byte[]> seed : target.seeds().entrySet()) {
            Files.write(seeds.resolve(seed.getKey()), seed.getValue());
        }
        long executions = 0;
        Status last = new Status(0, 0, 0, 0);
        for (int process = 1; process <= MOST_PROCESSES && seconds - cpuSeconds > seconds / 50; process++) {
            Path log = directory.resolve("log-" + process);
            int status = process(log, temporary, (int) Math.ceil(seconds - cpuSeconds), List.of(corpus, seeds));
            last = status(log);
            executions += last.executions;
            if (last.executions == 0) {
                throw new IOException(
                        "fuzzer " + target.word() + " did not run (exit status " + status + "); its log: " + log);
            }
        }
        return new Figures(
                target.word(),
                cpuSeconds,
                executions,
                last.edges,
                last.features,
                last.corpus,
                files(findings).stream().map(Path::toString).toList());
    }

    private record Status(long executions, long edges, long features, long corpus) {}

    private int process(Path log, Path temporary, int seconds, List<Path> inputs) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP_MEBIBYTES + "m",
                "-XX:MaxDirectMemorySize=" + DIRECT_MEBIBYTES + "m",
                "-XX:+UseSerialGC",
                "-XX:-OmitStackTraceInFastThrow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-Dfuzz.project=" + project,
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.type().getName(),
                "--instrumentation_includes=" + String.join(":", instrumented()),
                "--keep_going=" + MOST_FINDINGS,
                "--reproducer_path=" + temporary));
        command.addAll(target.options());
        command.addAll(List.of(
                "-max_total_time=" + Math.max(1, seconds),
                "-timeout=" + TIMEOUT_SECONDS,
                // by the clock on the wall: on a busy machine the first input alone takes seconds
                "-report_slow_units=" + TIMEOUT_SECONDS,
                "-rss_limit_mb=0",
                "-max_len=" + target.maxLength(),
                "-print_final_stats=1",
                "-artifact_prefix=" + findings + "/"));
        inputs.forEach(input -> command.add(input.toString()));
        Path kept = project.resolve("fuzz").resolve(ReplayTest.CORPUS).resolve(target.word());
        if (Files.exists(kept)) {
            command.add(kept.toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        double before = cpuSeconds;
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            double used =
                    process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1000.0;
            cpuSeconds = Math.max(cpuSeconds, before + used);
        }
        return process.exitValue();
    }

    private List<String> instrumented() {
        List<String> all = new ArrayList<>(List.of("io.novacron.hde.**"));
        all.addAll(target.instrumented());
        return all;
    }

    private static Status status(Path log) throws IOException {
        Status status = new Status(0, 0, 0, 0);
        for (String line : Files.readAllLines(log, java.nio.charset.StandardCharsets.ISO_8859_1)) {
            Matcher matcher = STATUS.matcher(line);
            if (matcher.lookingAt()) {
                status = new Status(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Long.parseLong(matcher.group(3)),
                        Long.parseLong(matcher.group(4)));
            }
        }
        return status;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
