package io.novacron.hde.lab;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** How the lab's programs begin and end: what goes wrong is said in a line, and is in the exit status. */
final class LabProgram {
    /** What one does. */
    interface Body {
        /**
         * Does it.
         *
         * @param out where it prints
         * @return whether all was as it should be
         * @throws DemoOptions.BadOption when it was called wrongly
         */
        boolean run(PrintStream out) throws IOException, DemoOptions.BadOption;
    }

    private LabProgram() {}

    /** Runs it and ends the process: with 0, with 1 if it failed, with 2 if it was called wrongly. */
    static void run(Body body) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        int status;
        try {
            status = body.run(out) ? 0 : 1;
        } catch (DemoOptions.BadOption e) {
            System.err.println("lab: " + e.getMessage());
            status = 2;
        } catch (LabException e) {
            System.err.println(e.getMessage());
            status = 1;
        }
        System.exit(status);
    }
}
