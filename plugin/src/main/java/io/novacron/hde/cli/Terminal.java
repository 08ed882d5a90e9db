package io.novacron.hde.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody looks on. */
final class Terminal {
    private Terminal() {}

    /** What System.console() does not say: it wants stdin to be one too, and later releases make one up. */
    static boolean isOutput() {
        try {
            String output = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return output.startsWith("/dev/pts/") || output.startsWith("/dev/tty") || output.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
