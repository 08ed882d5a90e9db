package io.novacron.hde.agent;

import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.systemd.ServiceManager;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager that the agent lives, as long as it answers on its control socket as it does to everybody: who
 * hangs with a lock held, or cannot start a thread, does not.
 */
final class Watchdog {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private static final int SIGNS_IN_TIME = 4;

    private final ServiceManager manager;
    private final ControlClient client;
    private final Duration interval;

    private Watchdog(ServiceManager manager, ControlClient client, Duration interval) {
        this.manager = manager;
        this.client = client;
        this.interval = interval;
    }

    /** Begins, if the service manager watches this process; it ends with the process. */
    static void start(ServiceManager manager, ControlClient client) {
        manager.watchdog().ifPresent(limit -> {
            Watchdog watchdog = new Watchdog(manager, client, limit.dividedBy(SIGNS_IN_TIME));
            Thread thread = new Thread(watchdog::run, "watchdog");
            thread.setDaemon(true);
            thread.start();
        });
    }

    private void run() {
        try {
            while (true) {
                look();
                TimeUnit.MILLISECONDS.sleep(interval.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            client.status();
            manager.alive();
        } catch (ControlException e) {
            LOG.warn("the agent does not answer itself: {}", e.getMessage());
        }
    }
}
