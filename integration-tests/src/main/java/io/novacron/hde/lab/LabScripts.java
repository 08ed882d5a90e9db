package io.novacron.hde.lab;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs the lab's scripts of one checkout. */
final class LabScripts {
    private static final File DEV_NULL = new File("/dev/null");

    private final Path project;

    LabScripts(Path project) {
        this.project = project.toAbsolutePath().normalize();
    }

    Path project() {
        return project;
    }

    /** Where the scripts keep what belongs to one run. */
    Path runDirectory() {
        return project.resolve(".lab/run");
    }

    /** Runs {@code ctl} with these arguments; a failure is an exception that carries its message. */
    String ctl(Duration limit, String... arguments) {
        Output output = tryCtl(limit, List.of(arguments));
        if (!output.ok()) {
            throw new LabException("lab: " + String.join(" ", arguments) + ": "
                    + (output.err().isEmpty() ? output.out() : output.err()));
        }
        return output.out();
    }

    /** Runs {@code ctl} with these arguments, whatever comes of it. */
    Output tryCtl(Duration limit, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(project.resolve("integration-tests/lab/ctl").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(DEV_NULL));
        // The hosts end soon after this process, even if it has no time to end them.
        builder.environment()
                .putIfAbsent("LAB_OWNER", Long.toString(ProcessHandle.current().pid()));
        try {
            Process process = builder.start();
            CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroy();
                throw new LabException(
                        "lab: " + String.join(" ", arguments) + ": not done after " + limit.toSeconds() + " s");
            }
            return new Output(process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new LabException("lab: cannot run " + command.get(0) + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("lab: interrupted during " + String.join(" ", arguments), e);
        }
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
