package io.novacron.hde;

import java.util.concurrent.CompletableFuture;

/** Work of a test that goes on beside it, on a thread that does not keep the JVM. */
public final class Background {
    /** What is done. */
    public interface Work {
        void run() throws Exception;
    }

    private Background() {}

    /** Begins; the future has what went wrong, a failed assertion too. */
    public static CompletableFuture<Void> run(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                        done.complete(null);
                    } catch (Exception | AssertionError e) {
                        done.completeExceptionally(e);
                    }
                },
                "test");
        thread.setDaemon(true);
        thread.start();
        return done;
    }
}
