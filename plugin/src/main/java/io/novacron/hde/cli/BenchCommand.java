package io.novacron.hde.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import io.novacron.hde.bench.Bench;
import io.novacron.hde.bench.BenchException;
import io.novacron.hde.bench.BenchOptions;
import io.novacron.hde.bench.BenchReport;
import io.novacron.hde.control.ControlJson;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde bench}: needs no agent and no configuration. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Take a memory image through the codec, there and back, and print bytes and speed.",
        footer = {
            "",
            "An image is guest memory as it is, as QEMU's pmemsave writes it. MB/s are 10^6 bytes of pages that are "
                    + "not all zero, on one core. Each --base is a case of its own: what it takes if the receiver has "
                    + "that image. Two more cases are always there: none, and the image itself, all of whose pages "
                    + "are unchanged."
        })
final class BenchCommand implements Callable<Integer> {
    private static final Pattern PROGRAM = Pattern.compile("zstd(?:-([1-9]|1[0-9]))?");
    private static final int ZSTD_LEVEL = 3;
    private static final int LOWEST_LEVEL = -7;
    private static final int HIGHEST_LEVEL = 19;
    private static final int MOST_THREADS = 64;
    private static final int MOST_REPETITIONS = 100;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image to send.")
    private Path image;

    @Option(names = "--base", paramLabel = "FILE", description = "An image that the receiver has.")
    private List<Path> bases = List.of();

    @Option(
            names = "--against",
            paramLabel = "PROGRAM",
            split = ",",
            description = "zstd or zstd-LEVEL (else 3): also what the zstd program makes of the same files with "
                    + "--long=31 and --patch-from, and how fast its level 1 is on one thread.")
    private List<String> against = List.of();

    @Option(
            names = "--level",
            paramLabel = "N",
            defaultValue = "3",
            description = "zstd's level in the codec, -7 to 19 (${DEFAULT-VALUE}).")
    private int level;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Measure encoding with that many threads, too (${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "--seed-inputs",
            description = "Also what the library makes of the seed document's four inputs, which are periodic strings.")
    private boolean seedInputs;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "5",
            description = "Timed runs, of which the median counts (${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(
            names = "--work",
            paramLabel = "DIRECTORY",
            defaultValue = "${sys:java.io.tmpdir}",
            description = "Where temporary files go (${DEFAULT-VALUE}): about as much as the image holds, and a third "
                    + "of that again for each base in turn. They hold guest memory and are deleted at the end.")
    private Path work;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures to that file as JSON.")
    private Path json;

    @Override
    public Integer call() throws BenchException, IOException {
        check("--level", level, LOWEST_LEVEL, HIGHEST_LEVEL);
        check("--threads", threads, 1, MOST_THREADS);
        check("--repeat", repetitions, 1, MOST_REPETITIONS);
        BenchOptions options =
                new BenchOptions(image, bases, zstdLevels(), level, threads, seedInputs, repetitions, work);
        if (json != null) {
            // Now, not after minutes.
            write(new byte[0], StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
        BenchReport report =
                Bench.run(options, line -> spec.commandLine().getErr().println("hde bench: " + line));
        spec.commandLine().getOut().print(BenchText.of(report));
        if (json != null) {
            write(
                    ControlJson.mapper()
                            .writer(SerializationFeature.INDENT_OUTPUT)
                            .writeValueAsBytes(report),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
        }
        return 0;
    }

    private void write(byte[] bytes, OpenOption... how) throws IOException {
        try {
            Files.write(json, bytes, how);
        } catch (NoSuchFileException e) {
            throw new IOException(json + ": cannot be written: there is no such directory", e);
        } catch (FileSystemException e) {
            throw new IOException(
                    json + ": cannot be written: " + (e.getReason() == null ? "not allowed" : e.getReason()), e);
        }
    }

    private List<Integer> zstdLevels() {
        List<Integer> levels = new ArrayList<>();
        for (String program : against) {
            Matcher matcher = PROGRAM.matcher(program);
            if (!matcher.matches()) {
                throw new ParameterException(
                        spec.commandLine(), "--against knows zstd and zstd-1 to zstd-19, not '" + program + "'");
            }
            levels.add(matcher.group(1) == null ? ZSTD_LEVEL : Integer.parseInt(matcher.group(1)));
        }
        return levels;
    }

    private void check(String option, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new ParameterException(
                    spec.commandLine(), option + " is " + lowest + " to " + highest + ", not " + value);
        }
    }
}
