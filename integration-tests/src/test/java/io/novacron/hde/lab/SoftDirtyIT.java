package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import io.novacron.hde.qemu.memory.SoftDirty;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Soft-dirty bits of Debian's kernel, whether this machine's kernel has them or not: in a machine that boots it. */
class SoftDirtyIT {
    private static final Duration BUILD = Duration.ofMinutes(30);
    private static final Duration RUN = Duration.ofMinutes(10);

    @TempDir
    private Path directory;

    @Test
    void theBitsTellExactlyWhatWasWritten() throws Exception {
        Path console = directory.resolve("console");
        List<String> command =
                new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg", "-serial", "file:" + console));
        command.addAll(new LabScripts(Lab.project())
                .ctl(BUILD, "java-machine", program().toString(), SoftDirtyCheck.class.getName())
                .lines()
                .toList());
        Process machine = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("qemu.log").toFile())
                .start();
        try {
            assertThat(machine.waitFor(RUN.toSeconds(), TimeUnit.SECONDS))
                    .as("the machine has ended by itself; its console: %s", text(console))
                    .isTrue();
        } finally {
            machine.destroyForcibly().waitFor();
        }
        assertThat(text(console) + text(directory.resolve("qemu.log")))
                .contains("soft-dirty: all right", "lab: " + SoftDirtyCheck.class.getName() + " ended with status 0");
    }

    /** A tar file of the classes that the program needs, as they are built here. */
    private Path program() throws Exception {
        Path tar = directory.resolve("program.tar");
        Path tests = origin(SoftDirtyCheck.class);
        String own = SoftDirtyCheck.class.getPackageName().replace('.', '/');
        List<String> command = new ArrayList<>(List.of("tar", "-c", "-f", tar.toString(), "-C", tests.toString(), own));
        for (Path part : List.of(origin(SoftDirty.class), origin(Native.class))) {
            if (Files.isDirectory(part)) {
                command.addAll(List.of("-C", part.toString(), "io/novacron/hde/qemu"));
            } else {
                command.addAll(List.of(
                        "-C", part.getParent().toString(), part.getFileName().toString()));
            }
        }
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(command.toString()).isZero();
        return tar;
    }

    private static Path origin(Class<?> type) throws Exception {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toPath()
                .toAbsolutePath();
    }

    private static String text(Path file) throws Exception {
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }
}
