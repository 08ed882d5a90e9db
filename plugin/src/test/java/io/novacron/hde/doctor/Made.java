package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Conditions made up below a temporary directory. */
final class Made {
    private final Path directory;

    Made(Path directory) {
        this.directory = directory;
    }

    SystemFiles system() {
        return new SystemFiles(directory.resolve("root"));
    }

    /** A file of the system, with a mode as ls shows it. */
    Path file(String absolute, String mode, String text) throws IOException {
        Path file = system().at(absolute);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    Path file(String absolute, String text) throws IOException {
        return file(absolute, "rw-r--r--", text);
    }

    HdeConfig config(String yaml) throws Exception {
        Path file = directory.resolve("hde.yaml");
        Files.writeString(file, yaml);
        return HdeConfig.load(file);
    }

    static Findings run(Check check) throws IOException {
        Findings findings = new Findings(check.name());
        check.run(findings);
        return findings;
    }

    static List<String> problems(Check check) throws IOException {
        return run(check).found().stream().map(Finding::problem).toList();
    }
}
