package io.novacron.hde.bench;

import io.novacron.hde.codec.Estimate;
import io.novacron.hde.library.SeedInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** Measures what the codec makes of a memory image, case by case. */
public final class Bench {
    private final BenchOptions options;
    private final Consumer<String> progress;
    private final Path directory;
    private final ZstdProgram zstd;
    private final List<ZstdProgram.Time> zstd1 = new ArrayList<>();

    private Bench(BenchOptions options, Consumer<String> progress, Path directory) {
        this.options = options;
        this.progress = progress;
        this.directory = directory;
        this.zstd = new ZstdProgram(directory);
    }

    /**
     * Measures.
     *
     * @param progress is told what is being done, a line at a time
     * @throws BenchException when a file is no image, zstd is wanted and missing, the disk is full, or what comes out of
     *     the codec is not what went in
     */
    public static BenchReport run(BenchOptions options, Consumer<String> progress) throws BenchException {
        MemoryImage.check(options.image());
        for (Path base : options.bases()) {
            MemoryImage.check(base);
        }
        if (!options.zstdLevels().isEmpty()) {
            ZstdProgram.check();
        }
        try (WorkDirectory work = WorkDirectory.make(options.directory())) {
            return new Bench(options, progress, work.path()).run();
        } catch (IOException e) {
            throw new BenchException("temporary files in " + options.directory() + ": " + e.getMessage(), e);
        }
    }

    private BenchReport run() throws BenchException, IOException {
        progress.accept("reading " + options.image());
        MemoryImage image = MemoryImage.read(options.image(), directory.resolve("image.stream"));
        List<BenchReport.Case> cases = new ArrayList<>();
        cases.add(measure(image, BenchReport.NONE, null));
        cases.add(measure(image, BenchReport.ITSELF, image));
        for (Path base : options.bases()) {
            progress.accept("reading " + base);
            MemoryImage read = MemoryImage.read(base, directory.resolve("base.stream"));
            cases.add(measure(image, base.toString(), read));
            Files.delete(read.stream());
        }
        return new BenchReport(
                options.image().toString(),
                image.pages(),
                image.zeroPages(),
                options.level(),
                options.threads(),
                options.repetitions(),
                zstd1.isEmpty() ? null : rate(image, median(zstd1, ZstdProgram.Time::wallNanos)),
                zstd1.isEmpty() ? null : rate(image, median(zstd1, ZstdProgram.Time::cpuNanos)),
                cases,
                options.seedInputs() ? seedInputs() : List.of());
    }

    private List<BenchReport.SeedInput> seedInputs() throws BenchException {
        progress.accept("the seed's inputs");
        List<BenchReport.SeedInput> inputs = new ArrayList<>();
        for (SeedInputs.Result result : SeedInputs.measure()) {
            if (!result.verified()) {
                throw new BenchException("the seed's input " + result.name() + " is not what was decoded");
            }
            inputs.add(new BenchReport.SeedInput(
                    result.name(),
                    result.what(),
                    result.size(),
                    result.seedBytes(),
                    result.zstdBytes(),
                    result.hdeBytes(),
                    result.verified()));
        }
        return inputs;
    }

    private BenchReport.Case measure(MemoryImage image, String name, MemoryImage base)
            throws BenchException, IOException {
        Path stores = Files.createDirectory(directory.resolve("stores"));
        try (Hosts hosts = Hosts.open(stores)) {
            if (base != null) {
                progress.accept("making a baseline of " + base.file());
                RoundTrip first = RoundTrip.run(base, hosts, options.level());
                hosts.agree(first.source(), first.destination());
            }
            progress.accept("base " + name + ": encoding and decoding");
            return measure(image, name, base, hosts);
        } finally {
            WorkDirectory.delete(stores);
        }
    }

    private BenchReport.Case measure(MemoryImage image, String name, MemoryImage base, Hosts hosts)
            throws BenchException {
        Estimate estimate = SampledImage.estimate(image, hosts, options.level());
        // The first one warms the JVM up.
        RoundTrip.run(image, hosts, options.level());
        List<RoundTrip> trips = new ArrayList<>();
        for (int i = 0; i < options.repetitions(); i++) {
            if (base == null && !options.zstdLevels().isEmpty()) {
                // In turn, so that both have the same machine.
                zstd1.add(zstd.time(image.stream()));
            }
            trips.add(RoundTrip.run(image, hosts, options.level()));
        }
        trips.sort(Comparator.comparingLong(RoundTrip::sourceNanos));
        RoundTrip median = trips.get(trips.size() / 2);

        Double threadsRate = null;
        Double threadsRatio = null;
        if (options.threads() > 1) {
            progress.accept("base " + name + ": encoding with " + options.threads() + " threads");
            List<Long> one = new ArrayList<>();
            List<Long> many = new ArrayList<>();
            for (int i = 0; i < options.repetitions(); i++) {
                one.add(Pipeline.run(image, hosts, options.level(), 1));
                many.add(Pipeline.run(image, hosts, options.level(), options.threads()));
            }
            threadsRate = rate(image, median(many, nanos -> nanos));
            threadsRatio = (double) median(one, nanos -> nanos) / median(many, nanos -> nanos);
        }
        long bytes = median.tally().bytes();
        List<BenchReport.Zstd> against = new ArrayList<>();
        if (!name.equals(BenchReport.ITSELF)) {
            for (int level : options.zstdLevels()) {
                progress.accept("base " + name + ": zstd -" + level);
                against.add(zstd.compress(image.file(), base == null ? null : base.file(), level, bytes));
            }
        }
        return new BenchReport.Case(
                name,
                bytes,
                median.tally().scriptBytes(),
                rate(image, median.sourceNanos()),
                rate(image, median(trips, trip -> trip.decode().wallNanos())),
                rate(image, median(trips, RoundTrip::sourceCpuNanos)),
                rate(image, median(trips, trip -> trip.decode().cpuNanos())),
                (double) median(trips, trip -> trip.pack().cpuNanos()) / median(trips, RoundTrip::sourceCpuNanos),
                threadsRate,
                threadsRatio,
                median.tally().tiers(),
                median.tally().algorithms(),
                estimated(estimate, bytes),
                against);
    }

    private static BenchReport.Estimated estimated(Estimate estimate, long bytes) {
        double error = estimate.bytes().error();
        return new BenchReport.Estimated(
                estimate.sampled(),
                Math.round(estimate.bytes().value()),
                Double.isFinite(error) ? Math.round(error) : null,
                estimate.bytes().value() / bytes);
    }

    private static <T> long median(List<T> runs, ToLongFunction<T> value) {
        long[] values = runs.stream().mapToLong(value).sorted().toArray();
        return values[values.length / 2];
    }

    private static double rate(MemoryImage image, long nanos) {
        return image.contentBytes() / 1e6 / (nanos / 1e9);
    }
}
