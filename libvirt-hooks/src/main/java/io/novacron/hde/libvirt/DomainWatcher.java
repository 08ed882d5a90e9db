package io.novacron.hde.libvirt;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.event.DomainEvent;
import org.libvirt.event.LifecycleListener;
import org.libvirt.event.StoppedDetail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one libvirt's domains, also across restarts of libvirtd: when the connection is lost it connects again, with
 * growing pauses, lists all domains anew and reports what changed meanwhile.
 *
 * <p>Reads only: the connection is libvirt's read-only one.
 */
public final class DomainWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DomainWatcher.class);
    private static final int QUEUE_LIMIT = 4096;
    private static final int KEEPALIVE_SECONDS = 5;
    private static final int KEEPALIVE_COUNT = 3;
    private static final long ALIVE_CHECK_MILLIS = 5_000;
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final long CLOSE_MILLIS = 5_000;

    private final String uri;
    private final DomainListener listener;
    private final DomainTable table;
    private final Thread thread = new Thread(this::run, "libvirt-domains");
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>(QUEUE_LIMIT);
    private final AtomicBoolean overflowed = new AtomicBoolean();
    private volatile boolean closed;

    /** Numbers the connections, so that what a lost one still says is recognised; belongs to the thread. */
    private int connection;

    /**
     * @param uri what to connect to, for example {@code qemu:///system}
     * @param listener called on this watcher's own thread
     */
    public DomainWatcher(String uri, DomainListener listener) {
        this.uri = Objects.requireNonNull(uri, "uri");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.table = new DomainTable(listener);
        thread.setDaemon(true);
    }

    /** Begins to follow, once; returns at once, whether libvirt can be reached or not. */
    public void start() {
        thread.start();
    }

    /** The domains active on this host, as last reported to the listener; from any thread. */
    public List<DomainInfo> activeDomains() {
        return table.active();
    }

    /** Ends the connection; the listener is not called again once this returns. */
    @Override
    public void close() {
        closed = true;
        signals.clear();
        signals.offer(new Wake());
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            // Bounded, because a libvirtd that hangs keeps the thread inside its call.
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private sealed interface Signal permits Lifecycle, Lost, Wake {}

    private record Lifecycle(int connection, DomainInfo domain, DomainChange change) implements Signal {}

    private record Lost(int connection, String reason) implements Signal {}

    private record Wake() implements Signal {}

    private void run() {
        long pause = FIRST_PAUSE_MILLIS;
        boolean reported = false;
        while (!closed) {
            String reason;
            boolean connected = false;
            Connect connect = null;
            LifecycleListener events = null;
            try {
                LibvirtEventLoop.ensureRunning();
                connect = new Connect(URI.create(uri), Connect.OpenFlags.READONLY);
                events = register(connect);
                connected = true;
                reported = false;
                pause = FIRST_PAUSE_MILLIS;
                LOG.info("Connected to libvirt at {}", uri);
                tell(listener::connected);
                reason = follow(connect);
            } catch (LibvirtException | IllegalArgumentException | LinkageError e) {
                reason = oneLine(e);
            } finally {
                release(connect, events);
            }
            if (closed) {
                return;
            }
            if (connected || !reported) {
                LOG.warn("No connection to libvirt at {}: {}; trying again until there is one", uri, reason);
                String why = reason;
                tell(() -> listener.disconnected(why));
                reported = true;
            }
            sleep(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
    }

    /** Listeners first, then the list: nothing falls between. */
    private LifecycleListener register(Connect connect) throws LibvirtException {
        int number = ++connection;
        LifecycleListener events = (domain, event) -> {
            received(number, domain, event);
            return 0;
        };
        connect.addLifecycleListener(events);
        try {
            connect.registerCloseListener((closing, reason) -> queue(new Lost(number, "libvirt closed it: " + reason)));
            connect.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
        } catch (LibvirtException e) {
            // Drivers inside this process have neither; isAlive is asked regularly in any case.
            LOG.debug("{} has no close notification: {}", uri, e.getMessage());
        }
        return events;
    }

    /** On libvirt's event loop thread: only what needs no answer from libvirt. */
    private void received(int number, Domain domain, DomainEvent event) {
        try {
            DomainChange change = meaning(event);
            if (change != null) {
                DomainInfo info = info(domain);
                queue(new Lifecycle(number, info, change));
            }
        } catch (LibvirtException e) {
            overflowed.set(true);
        } finally {
            free(domain);
        }
    }

    private void queue(Signal signal) {
        // The event loop must not wait; a full queue is made good by listing everything again.
        if (!signals.offer(signal)) {
            overflowed.set(true);
        }
    }

    private static DomainChange meaning(DomainEvent event) {
        return switch (event.getType()) {
            case DEFINED -> DomainChange.DEFINED;
            case STARTED, RESUMED -> DomainChange.ACTIVE;
            case STOPPED -> stopped(event.getDetail());
            case UNDEFINED -> DomainChange.UNDEFINED;
            default -> null;
        };
    }

    private static DomainChange stopped(StoppedDetail detail) {
        return switch (detail) {
            case MIGRATED -> DomainChange.MIGRATED_AWAY;
            case SHUTDOWN, DESTROYED, CRASHED -> DomainChange.ENDED;
            default -> DomainChange.WITHDRAWN;
        };
    }

    /** Handles what comes until the connection is lost, and says why it was. */
    private String follow(Connect connect) throws LibvirtException {
        relist(connect);
        while (!closed) {
            Signal signal = poll(ALIVE_CHECK_MILLIS);
            if (overflowed.getAndSet(false)) {
                signals.removeIf(Lifecycle.class::isInstance);
                relist(connect);
            }
            if (signal instanceof Lifecycle event && event.connection() == connection) {
                table.change(event.domain(), event.change(), uuid -> exists(connect, event, uuid));
            } else if (signal instanceof Lost lost && lost.connection() == connection) {
                return lost.reason();
            } else if (signal == null && !connect.isAlive()) {
                return "it does not answer any more";
            }
        }
        return "closed";
    }

    private void relist(Connect connect) throws LibvirtException {
        List<DomainInfo> all = new ArrayList<>();
        List<DomainInfo> active = new ArrayList<>();
        for (Domain domain : connect.listAllDomains(0)) {
            try {
                DomainInfo info = info(domain);
                all.add(info);
                if (isActive(domain)) {
                    active.add(info);
                }
            } finally {
                free(domain);
            }
        }
        table.relist(all, active, leaving());
    }

    /** A domain that ended between the listing and the answer is not active; its event follows. */
    private static boolean isActive(Domain domain) throws LibvirtException {
        try {
            return domain.isActive() == 1;
        } catch (LibvirtException e) {
            if (isMissing(e)) {
                return false;
            }
            throw e;
        }
    }

    private Predicate<String> leaving() {
        List<Signal> waiting = List.copyOf(signals);
        return uuid -> waiting.stream()
                .anyMatch(signal -> signal instanceof Lifecycle event
                        && event.connection() == connection
                        && event.change() == DomainChange.MIGRATED_AWAY
                        && event.domain().uuid().equals(uuid));
    }

    private static boolean exists(Connect connect, Lifecycle event, String uuid) {
        try {
            free(connect.domainLookupByUUIDString(uuid));
            return true;
        } catch (LibvirtException e) {
            // Without an answer, what the event said is the best guess.
            return !isMissing(e) && event.change() != DomainChange.UNDEFINED;
        }
    }

    private static boolean isMissing(LibvirtException e) {
        return e.getError() != null && e.getError().getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN;
    }

    private static DomainInfo info(Domain domain) throws LibvirtException {
        return new DomainInfo(domain.getName(), domain.getUUIDString());
    }

    private static void free(Domain domain) {
        try {
            domain.free();
        } catch (LibvirtException e) {
            LOG.debug("Freeing a domain reference: {}", e.getMessage());
        }
    }

    /** Each step on its own: on a broken connection any of them may fail. */
    private static void release(Connect connect, LifecycleListener events) {
        if (connect == null) {
            return;
        }
        attempt(() -> connect.removeLifecycleListener(events));
        attempt(connect::unregisterCloseListener);
        attempt(connect::close);
    }

    private interface Step {
        void run() throws LibvirtException;
    }

    private static void attempt(Step step) {
        try {
            step.run();
        } catch (LibvirtException e) {
            LOG.debug("While closing: {}", e.getMessage());
        }
    }

    private void sleep(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long left = millis;
        // Late signals of the lost connection must not cut the pause short.
        while (!closed && left > 0) {
            poll(left);
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
    }

    private Signal poll(long millis) {
        try {
            return signals.poll(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Nobody but close() ends this thread.
            closed = true;
            return null;
        }
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.error("A connection event could not be handled", e);
        }
    }

    private static String oneLine(Throwable e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
