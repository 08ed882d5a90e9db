package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.systemd.ServiceManager;
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
        ServiceManager manager = ServiceManager.ofThisProcess();
        Agent agent;
        try {
            agent = new Agent(config);
        } catch (IOException e) {
            LOG.error("the agent cannot start: {}", e.getMessage());
            return 1;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(agent, manager), "stop"));
        manager.ready();
        Watchdog.start(manager, new ControlClient(config.sockets().control()));
        try {
            // the process ends through the shutdown hook
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private static void stop(Agent agent, ServiceManager manager) {
        manager.stopping();
        try {
            agent.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        agent.close();
    }
}
