package io.novacron.hde.lab;

import java.io.PrintStream;
import java.util.function.LongFunction;

/**
 * One line that changes while something runs: on a terminal twice a second, elsewhere not at all.
 */
final class Progress {
    private static final long STEP_MILLIS = 500;
    private static final String WIPE = "\r\u001b[K";

    private final PrintStream out;
    private final Thread painter;

    /** @param line makes the line from the milliseconds since the start */
    Progress(PrintStream out, boolean terminal, LongFunction<String> line) {
        this.out = out;
        if (!terminal) {
            this.painter = null;
            return;
        }
        long start = System.nanoTime();
        this.painter = new Thread(
                () -> {
                    while (!Thread.currentThread().isInterrupted()) {
                        out.print(WIPE + line.apply((System.nanoTime() - start) / 1_000_000));
                        out.flush();
                        try {
                            Thread.sleep(STEP_MILLIS);
                        } catch (InterruptedException e) {
                            return;
                        }
                    }
                },
                "progress");
        painter.setDaemon(true);
        painter.start();
    }

    /** Ends it and wipes the line. */
    void stop() {
        if (painter == null) {
            return;
        }
        painter.interrupt();
        try {
            painter.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.print(WIPE);
        out.flush();
    }
}
