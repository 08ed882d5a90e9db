package io.novacron.hde.libvirt;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Domain.DomainMigrateParameters;
import org.libvirt.Domain.MigrateFlags;
import org.libvirt.LibvirtException;
import org.libvirt.TypedParameter;
import org.libvirt.TypedStringParameter;

/**
 * One domain's live migration, as {@code virsh migrate --live} makes it: this process talks to both libvirts and neither
 * to the other. One thread runs it; any may abort it.
 */
public final class LiveMigration implements AutoCloseable {
    private static final int KEEPALIVE_SECONDS = 5;
    private static final int KEEPALIVE_COUNT = 6;

    private final String vm;
    private final Connect source;
    private final Connect destination;
    private final Domain domain;
    private volatile boolean aborted;

    /** libvirt's own words for why something is not possible, with who said them. */
    public static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private LiveMigration(String vm, Connect source, Connect destination, Domain domain) {
        this.vm = vm;
        this.source = source;
        this.destination = destination;
        this.domain = domain;
    }

    /**
     * Connects to both libvirts and finds the domain.
     *
     * @param sourceUri of this host's libvirt
     * @param destinationUri of the other's
     * @throws FailedException when one cannot be reached, or no such domain runs here
     */
    public static LiveMigration of(String vm, String sourceUri, String destinationUri) throws FailedException {
        Connect source = connect(sourceUri);
        try {
            Domain domain = running(source, vm, sourceUri);
            return new LiveMigration(vm, source, connect(destinationUri), domain);
        } catch (FailedException e) {
            close(source);
            throw e;
        }
    }

    private static Domain running(Connect source, String vm, String uri) throws FailedException {
        try {
            Domain domain = source.domainLookupByName(vm);
            if (domain.isActive() != 1) {
                throw new FailedException(vm + " does not run on this host", null);
            }
            return domain;
        } catch (LibvirtException e) {
            throw failed(uri, e);
        }
    }

    private static Connect connect(String uri) throws FailedException {
        try {
            LibvirtEventLoop.ensureRunning();
            Connect connect = new Connect(URI.create(uri));
            connect.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
            return connect;
        } catch (LibvirtException e) {
            throw failed(uri, e);
        } catch (IllegalArgumentException e) {
            throw new FailedException(uri + " is not a URI of libvirt's", e);
        }
    }

    /**
     * How it migrates.
     *
     * @param memoryUri where QEMU sends the memory: the tunnel URI
     * @param disksUri where it copies the disks to; empty for hosts that share them
     * @param unsafe whether libvirt is to believe that the disks' caches are coherent
     */
    public record Way(String memoryUri, Optional<String> disksUri, boolean unsafe) {}

    /**
     * Migrates. Returns when the domain runs on the other host.
     *
     * @throws FailedException when it does not; then it runs here as before
     */
    public void run(Way way) throws FailedException {
        List<TypedParameter> parameters = new ArrayList<>();
        parameters.add(new TypedStringParameter(DomainMigrateParameters.VIR_MIGRATE_PARAM_URI, way.memoryUri));
        way.disksUri.ifPresent(uri ->
                parameters.add(new TypedStringParameter(DomainMigrateParameters.VIR_MIGRATE_PARAM_DISKS_URI, uri)));
        try {
            int flags = MigrateFlags.LIVE
                    | (way.disksUri.isPresent() ? MigrateFlags.NON_SHARED_DISK : 0)
                    | (way.unsafe ? MigrateFlags.UNSAFE : 0);
            if (domain.isPersistent() == 1) {
                flags |= MigrateFlags.PERSIST_DEST | MigrateFlags.UNDEFINE_SOURCE;
            }
            domain.migrate(destination, parameters.toArray(TypedParameter[]::new), flags)
                    .free();
        } catch (LibvirtException e) {
            throw aborted
                    ? new FailedException(vm + " runs on on this host: the migration was aborted", e)
                    : failed(vm, e);
        }
    }

    /** Ends the migration that runs, if one does; {@link #run} fails then. */
    public void abort() {
        aborted = true;
        try {
            domain.abortJob();
        } catch (LibvirtException e) {
            // it has not begun, or is over: run() says what came of it
            aborted = false;
        }
    }

    private static FailedException failed(String what, LibvirtException e) {
        return new FailedException(what + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            domain.free();
        } catch (LibvirtException e) {
            // the domain has gone to the other host
        }
        close(destination);
        close(source);
    }

    private static void close(Connect connect) {
        try {
            connect.close();
        } catch (LibvirtException e) {
            // nothing is asked of it any more
        }
    }
}
