package io.novacron.hde.libvirt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real libvirtd with everything it writes below one directory. It runs as an unprivileged user (libvirt's session
 * mode), so that it touches nothing of the host; its test driver needs no hypervisor.
 */
final class PrivateLibvirtd implements AutoCloseable {
    private final Path directory;
    private Process process;

    PrivateLibvirtd(Path directory) throws IOException {
        this.directory = directory;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** Reaches the daemon's test driver, never starting a daemon of libvirt's own. */
    String uri() {
        return "test+unix:///default?socket=" + socket();
    }

    private Path socket() {
        return directory.resolve("libvirt/libvirt-sock");
    }

    void start() throws IOException {
        List<String> command = new ArrayList<>();
        if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0) {
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        // It ends by itself too, should this test be killed.
        command.addAll(List.of(
                "/usr/sbin/libvirtd",
                "--timeout",
                "120",
                "--pid-file",
                directory.resolve("pid").toString()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", directory.toString());
        builder.environment().put("XDG_RUNTIME_DIR", directory.toString());
        builder.redirectErrorStream(true);
        builder.redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
        process = builder.start();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            process.onExit().copy().orTimeout(20, TimeUnit.SECONDS).exceptionally(slow -> process.destroyForcibly());
            process.onExit().join();
        }
    }
}
