package io.novacron.hde.channel;

import java.io.IOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of a channel's own threads: whatever goes wrong in it is the end of the channel, and never of the agent. */
final class ChannelThread {
    private static final Logger LOG = LoggerFactory.getLogger(ChannelThread.class);

    private final Thread thread;

    /** What a thread does. */
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    private ChannelThread(Thread thread) {
        this.thread = thread;
    }

    /** @param failed is told why the work ended before its time */
    static ChannelThread start(ChannelId id, String name, Work work, Consumer<String> failed) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        failed.accept(describe(e));
                    } catch (RuntimeException | OutOfMemoryError e) {
                        LOG.error("{}: failed", id, e);
                        failed.accept(describe(e));
                    }
                },
                name + "-" + id.vm() + "-" + id.number());
        thread.setDaemon(true);
        thread.start();
        return new ChannelThread(thread);
    }

    /** Wakes it where it waits. It must not be using the store: Java would close the store's file under all others. */
    void interrupt() {
        thread.interrupt();
    }

    void join(long millis) {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String describe(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
