package io.novacron.hde.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A Debian system that has booted, with systemd and libvirt and without HDE; all that is written to it is lost. */
final class DebianSystem implements AutoCloseable {
    private static final Duration BUILD_AND_BOOT = Duration.ofMinutes(20);
    private static final Duration COMMAND = Duration.ofMinutes(3);

    private final LabScripts scripts;
    private final String release;

    private DebianSystem(LabScripts scripts, String release) {
        this.scripts = scripts;
        this.release = release;
    }

    static DebianSystem boot(Path project, String release) {
        LabScripts scripts = new LabScripts(project);
        scripts.ctl(COMMAND, "down");
        scripts.ctl(BUILD_AND_BOOT, "root-up", release);
        return new DebianSystem(scripts, release);
    }

    /** Runs a script of the shell as root, whatever comes of it. */
    Output tryShell(String script) {
        return scripts.tryCtl(COMMAND, new ArrayList<>(List.of("root-exec", release, "sh", "-c", script)));
    }

    /** Runs a script of the shell as root, and returns what it prints; its failure is an exception. */
    String shell(String script) {
        Output output = tryShell(script);
        if (!output.ok()) {
            throw new LabException(release + ": " + script + ": " + output.out() + "\n" + output.err());
        }
        return output.out();
    }

    List<String> lines(String script) {
        return shell(script).lines().toList();
    }

    /** A property of a unit, in systemctl's words. */
    String property(String unit, String name) {
        return shell("systemctl show " + unit + " -p " + name + " --value");
    }

    @Override
    public void close() {
        scripts.ctl(COMMAND, "down");
    }
}
