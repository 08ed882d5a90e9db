package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;

/**
 * The bench: memory images of real guests go through {@code hde bench}, beside the zstd program. Prints what that
 * prints, says which figures are reached, and leaves all of them in target/bench.json.
 */
public final class Bench {
    private final PrintStream out;
    private final boolean terminal;
    private final Path project;
    private final BenchSettings settings;
    private final Path directory;

    private Bench(PrintStream out, boolean terminal, Path project, BenchSettings settings) {
        this.out = out;
        this.terminal = terminal;
        this.project = project;
        this.settings = settings;
        this.directory = project.resolve(".lab/bench");
    }

    /** Arguments: the project's directory, then the options of {@code ./lab bench}. */
    public static void main(String[] arguments) throws IOException {
        LabProgram.run(out -> {
            BenchSettings settings =
                    BenchSettings.parse(Arrays.asList(arguments).subList(1, arguments.length));
            new Bench(out, Boolean.getBoolean("lab.terminal"), Path.of(arguments[0]), settings).run();
            return true;
        });
    }

    private void run() throws IOException {
        if (settings.images() != null) {
            measure(settings.images());
            return;
        }
        Path images = directory.resolve("images");
        Thread atExit = new Thread(() -> delete(images));
        if (!settings.keep()) {
            // Guest memory in clear: it goes whatever way this ends.
            Runtime.getRuntime().addShutdownHook(atExit);
        }
        delete(images);
        Files.createDirectories(images);
        make(images);
        measure(images);
        if (settings.keep()) {
            out.println("The images are in " + images + ".");
        }
    }

    private void make(Path images) throws IOException {
        say("Building the guest's disk and kernel (once; some minutes)");
        Lab.build(project);
        say("Starting a host");
        try (Lab lab = Lab.up(project, "hA")) {
            say("Booting two guests, filling redis, saving their memory (some minutes)");
            try {
                MemoryImages.make(project, lab, images);
            } catch (LabException e) {
                throw lab.withLogs(e);
            }
        }
    }

    private void measure(Path images) throws IOException {
        MemoryImages.check(images);
        Path report = directory.resolve("report.json");
        install();
        hde(
                "bench",
                images.resolve(MemoryImages.GUEST).toString(),
                "--base",
                images.resolve(MemoryImages.SIBLING).toString(),
                "--base",
                images.resolve(MemoryImages.SNAPSHOT).toString(),
                "--against",
                "zstd",
                "--threads",
                "2",
                "--level",
                settings.level(),
                "--seed-inputs",
                "--json",
                report.toString());
        BenchFigures figures = new BenchFigures(new ObjectMapper().readTree(report.toFile()));
        out.println();
        figures.judgement().forEach(out::println);
        Path json = project.resolve("target/bench.json");
        Files.createDirectories(json.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), figures.json());
        out.println();
        out.println("The figures are in " + json + ".");
    }

    /** Launcher and jar side by side, as they are installed. */
    private void install() throws IOException {
        Files.createDirectories(directory);
        Files.copy(
                project.resolve("plugin/src/main/dist/bin/hde"),
                launcher(),
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(
                project.resolve("plugin/target/hde.jar"),
                directory.resolve("hde.jar"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private Path launcher() {
        return directory.resolve("hde");
    }

    private void hde(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = launcher().toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).inheritIO().start();
        Thread atExit = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            if (process.waitFor() != 0) {
                throw new LabException("lab: hde bench failed");
            }
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("lab: interrupted", e);
        }
    }

    private void say(String what) {
        out.println(terminal ? what + " …" : what);
    }

    private static void delete(Path images) {
        for (String name : List.of(MemoryImages.GUEST, MemoryImages.SNAPSHOT, MemoryImages.SIBLING)) {
            images.resolve(name).toFile().delete();
        }
        images.toFile().delete();
    }
}
