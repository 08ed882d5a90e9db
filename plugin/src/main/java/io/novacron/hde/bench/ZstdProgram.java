package io.novacron.hde.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The zstd command line, which the codec is compared with. */
final class ZstdProgram {
    private static final String NAME = "zstd";
    private static final long TICK_NANOS = 10_000_000L;

    private final Path directory;

    /** @param directory for its output */
    ZstdProgram(Path directory) {
        this.directory = directory;
    }

    /** Fails if there is no such program. */
    static void check() throws BenchException {
        try {
            Process process = new ProcessBuilder(NAME, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (process.waitFor() != 0) {
                throw new BenchException("'" + NAME + " --version' fails; --against zstd needs a working one");
            }
        } catch (IOException e) {
            throw new BenchException("--against zstd needs the program zstd, which is not there: install it", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Compresses an image whole: {@code zstd -LEVEL --long=31 [--patch-from=BASE]}.
     *
     * @param base null if there is none
     */
    BenchReport.Zstd compress(Path image, Path base, int level, long hdeBytes) throws BenchException {
        Path out = directory.resolve("out.zst");
        List<String> arguments = new ArrayList<>(List.of("-" + level, "--long=31"));
        if (base != null) {
            arguments.add("--patch-from=" + base);
        }
        arguments.addAll(List.of("-f", "-o", out.toString(), "--", image.toString()));
        Time time = run(arguments);
        try {
            long bytes = Files.size(out);
            Files.delete(out);
            return new BenchReport.Zstd(level, bytes, (double) hdeBytes / bytes, time.wallNanos / 1e9);
        } catch (IOException e) {
            throw new BenchException("what zstd wrote: " + e.getMessage(), e);
        }
    }

    /** What a run takes, by the clock and of the processors. */
    record Time(long wallNanos, long cpuNanos) {}

    /** How long {@code zstd -1} takes for a file with one thread for all it does, its output thrown away. */
    Time time(Path file) throws BenchException {
        return run(List.of("-1", "--single-thread", "-c", "--", file.toString()));
    }

    private Time run(List<String> arguments) throws BenchException {
        List<String> command = new ArrayList<>(List.of(NAME, "-q"));
        command.addAll(arguments);
        try {
            Path errors = directory.resolve("zstd-errors");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(errors.toFile());
            // Its variables change the level and the number of threads.
            builder.environment().keySet().removeAll(Set.of("ZSTD_CLEVEL", "ZSTD_NBTHREADS"));
            long cpuBegan = childrenCpuNanos();
            long began = System.nanoTime();
            Process process = builder.start();
            Thread atExit = new Thread(process::destroy);
            Runtime.getRuntime().addShutdownHook(atExit);
            try {
                int status = process.waitFor();
                long nanos = System.nanoTime() - began;
                if (status != 0) {
                    throw new BenchException("'" + String.join(" ", command) + "' failed: "
                            + Files.readString(errors, StandardCharsets.ISO_8859_1)
                                    .strip());
                }
                return new Time(nanos, Math.max(1, childrenCpuNanos() - cpuBegan));
            } finally {
                process.destroy();
                forget(atExit);
            }
        } catch (IOException e) {
            throw new BenchException("cannot run zstd: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Processor time of all child processes that have ended: fields 16 and 17 of proc(5)'s stat, 100 a second. */
    private static long childrenCpuNanos() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        return (Long.parseLong(fields.get(13)) + Long.parseLong(fields.get(14))) * TICK_NANOS;
    }

    private static void forget(Thread atExit) {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // the process is being ended, and the hook runs
        }
    }

    private static BenchException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new BenchException("interrupted", e);
    }
}
