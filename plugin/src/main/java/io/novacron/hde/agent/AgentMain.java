package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code hde agent}: runs until it is told to stop (SIGTERM, SIGINT); running migrations are allowed to finish. */
public final class AgentMain {
    private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);

    private AgentMain() {}

    /**
     * Runs an agent.
     *
     * @return the exit status: 0 after a clean stop, 1 when it could not start
     */
    public static int run(HdeConfig config) {
        CountDownLatch stopped = new CountDownLatch(1);
        try (Agent agent = new Agent(config)) {
            Thread stop = new Thread(
                    () -> {
                        try {
                            agent.drain();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        agent.close();
                        stopped.countDown();
                    },
                    "stop");
            Runtime.getRuntime().addShutdownHook(stop);
            stopped.await();
            return 0;
        } catch (IOException e) {
            LOG.error("the agent cannot start: {}", e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
