package io.novacron.hde.libvirt;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.libvirt.Connect;
import org.libvirt.Library;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt.VirErrorCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libvirt's event loop: one for the process, because libvirt has only one, started before the first connection is
 * opened. Without a thread that runs it there are neither events nor keepalive answers, and connections drop.
 */
final class LibvirtEventLoop {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtEventLoop.class);

    // A constant, because libvirt keeps the function's address while JNA frees what Java no longer refers to.
    private static final VirErrorCallback ERRORS = (userData, error) ->
            LOG.debug("libvirt: {}", error == null ? "error without a description" : error.message);

    private LibvirtEventLoop() {}

    /** Starts the loop if it does not run yet. */
    static void ensureRunning() throws LibvirtException {
        if (Holder.FAILURE.isPresent()) {
            throw Holder.FAILURE.get();
        }
    }

    private static void run() {
        while (true) {
            try {
                Library.processEvent();
            } catch (LibvirtException e) {
                LOG.warn("libvirt's event loop: {}", e.getMessage());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; it ends with the process.
            LOG.debug("Interrupted", e);
        }
    }

    /** Initialised, and with it the loop started, when it is first asked for. */
    private static final class Holder {
        static final Optional<LibvirtException> FAILURE = begin();

        private static Optional<LibvirtException> begin() {
            try {
                // Every error arrives as an exception too; without this libvirt prints it to stderr besides.
                Connect.setErrorCallback(ERRORS);
                Library.initEventLoop();
            } catch (LibvirtException e) {
                return Optional.of(e);
            }
            Thread thread = new Thread(LibvirtEventLoop::run, "libvirt-events");
            thread.setDaemon(true);
            thread.start();
            return Optional.empty();
        }
    }
}
