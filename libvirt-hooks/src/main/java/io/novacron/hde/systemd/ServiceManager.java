package io.novacron.hde.systemd;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.ptr.LongByReference;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service manager that runs this process, as sd_notify(3) and sd_watchdog_enabled(3) reach it; without one every word
 * is for nobody. Through libsystemd, because Java has no datagram sockets of the unix kind. Thread-safe.
 */
public final class ServiceManager {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

    private static final String LIBRARY = "libsystemd.so.0";
    private static final int KEEP_ENVIRONMENT = 0;

    private final Optional<LibSystemd> library;

    private ServiceManager(Optional<LibSystemd> library) {
        this.library = library;
    }

    /** systemd's library, the part of it that is used; the names are its functions'. */
    private interface LibSystemd extends Library {
        @SuppressWarnings("MethodName")
        int sd_notify(int unsetEnvironment, String state);

        @SuppressWarnings("MethodName")
        int sd_watchdog_enabled(int unsetEnvironment, LongByReference microseconds);
    }

    /** The one that has set {@code NOTIFY_SOCKET} for this process, or none. */
    public static ServiceManager ofThisProcess() {
        String socket = System.getenv("NOTIFY_SOCKET");
        if (socket == null || socket.isEmpty()) {
            return new ServiceManager(Optional.empty());
        }
        try {
            return new ServiceManager(Optional.of(Native.load(LIBRARY, LibSystemd.class)));
        } catch (UnsatisfiedLinkError e) {
            LOG.warn("systemd cannot be told that the agent runs: {}", e.getMessage());
            return new ServiceManager(Optional.empty());
        }
    }

    /** The service does its work from now on. */
    public void ready() {
        tell("READY=1");
    }

    /** The service still works: the time that {@link #watchdog} gives begins anew. */
    public void alive() {
        tell("WATCHDOG=1");
    }

    /** The service begins to end. */
    public void stopping() {
        tell("STOPPING=1");
    }

    private void tell(String state) {
        int status = library.map(systemd -> systemd.sd_notify(KEEP_ENVIRONMENT, state))
                .orElse(1);
        if (status < 0) {
            LOG.warn("systemd was not told {}: error {}", state, -status);
        }
    }

    /** After how long without {@link #alive} the service is taken for hung and killed; empty if it never is. */
    public Optional<Duration> watchdog() {
        LongByReference microseconds = new LongByReference();
        boolean watched = library.map(systemd -> systemd.sd_watchdog_enabled(KEEP_ENVIRONMENT, microseconds) > 0)
                .orElse(false);
        return watched ? Optional.of(Duration.of(microseconds.getValue(), ChronoUnit.MICROS)) : Optional.empty();
    }
}
