package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import io.novacron.hde.qemu.monitor.Monitor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A QEMU on this machine itself, without hosts and libvirt, and its monitor. Closing it kills it. */
final class QemuAlone implements Monitor {
    private static final Duration START = Duration.ofSeconds(30);

    private final Process process;
    private final Qmp qmp;

    private QemuAlone(Process process, Qmp qmp) {
        this.process = process;
        this.qmp = qmp;
    }

    /** How Debian 12's QEMU is called, or, for {@code 10.0}, Debian 13's, which is unpacked the first time. */
    static List<String> program(String version) {
        if (!version.equals("10.0")) {
            return List.of("qemu-system-x86_64");
        }
        LabScripts scripts = new LabScripts(Lab.project());
        String seenByHosts = scripts.ctl(Duration.ofMinutes(30), "newer-root");
        Path root = Lab.project()
                .resolve(".lab/cache")
                .resolve(Path.of(seenByHosts).getFileName())
                .toAbsolutePath();
        return QemuProgram.unpacked(root.toString());
    }

    /** Starts one with TCG and no devices but the given ones; its socket and what it says go into a directory. */
    static QemuAlone start(Path directory, String version, String... arguments) throws IOException {
        Path socket = directory.resolve("qmp.sock");
        Files.deleteIfExists(socket);
        List<String> command = new ArrayList<>(program(version));
        command.addAll(List.of("-accel", "tcg", "-display", "none", "-nodefaults", "-monitor", "none"));
        command.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
        command.addAll(List.of(arguments));
        File log = directory.resolve("qemu.log").toFile();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try {
            List<Qmp> connected = new ArrayList<>();
            Waiting.until(
                    "QEMU's monitor",
                    START,
                    () -> {
                        Optional<Qmp> qmp = Qmp.connect(socket);
                        qmp.ifPresent(connected::add);
                        return qmp.isPresent() || !process.isAlive();
                    },
                    () -> text(log.toPath()));
            if (connected.isEmpty()) {
                throw new LabException("QEMU has ended: " + text(log.toPath()));
            }
            return new QemuAlone(process, connected.get(0));
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static String text(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    long pid() {
        return process.pid();
    }

    JsonNode execute(String command, Map<String, ?> arguments) throws Qmp.RefusedException {
        return qmp.execute(command, arguments);
    }

    @Override
    public String human(String command) throws IOException {
        try {
            return execute("human-monitor-command", Map.of("command-line", command))
                    .asText();
        } catch (Qmp.RefusedException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public String qmp(String command) throws IOException {
        return qmp.command(command).toString();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor(START.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        qmp.close();
    }
}
