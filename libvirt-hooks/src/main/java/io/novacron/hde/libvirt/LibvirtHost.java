package io.novacron.hde.libvirt;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.DomainInfo;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one host's libvirt tells of it. */
public final class LibvirtHost {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtHost.class);

    /** {@code VIR_CONNECT_LIST_DOMAINS_ACTIVE}. */
    private static final int ACTIVE = 1;

    /** {@code VIR_NODE_MEMORY_STATS_ALL_CELLS}. */
    private static final int ALL_CELLS = -1;

    /** {@code VIR_NODE_MEMORY_STATS_FIELD_LENGTH}, and behind it the value. */
    private static final int FIELD_BYTES = 80;

    private static final int STAT_BYTES = FIELD_BYTES + Long.BYTES;

    /** What the host has free or would give back at once. */
    private static final List<String> AVAILABLE = List.of("free", "buffers", "cached");

    private LibvirtHost() {}

    /**
     * A domain that is active.
     *
     * @param memoryBytes that it may have
     * @param running whether its processors run
     */
    public record ActiveDomain(String name, String uuid, long memoryBytes, boolean running) {}

    /** libvirt's own words for why it does not tell. */
    public static final class UnreachableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreachableException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** {@code libvirt.so.0}; libvirt-java has no way to ask this. */
    private interface NodeMemory extends Library {
        Pointer virConnectOpenReadOnly(String uri);

        int virConnectClose(Pointer connection);

        int virNodeGetMemoryStats(Pointer connection, int cell, Pointer stats, IntByReference count, int flags);
    }

    /**
     * The domains that are active on a host.
     *
     * @throws UnreachableException when its libvirt does not answer
     */
    public static List<ActiveDomain> domains(String uri) throws UnreachableException {
        try {
            LibvirtEventLoop.ensureRunning();
            Connect connect = new Connect(uri, true);
            try {
                List<ActiveDomain> domains = new ArrayList<>();
                for (Domain domain : connect.listAllDomains(ACTIVE)) {
                    add(domain, domains);
                }
                return domains;
            } finally {
                connect.close();
            }
        } catch (LibvirtException e) {
            throw new UnreachableException(uri + ": " + e.getMessage(), e);
        }
    }

    private static void add(Domain domain, List<ActiveDomain> domains) throws LibvirtException {
        try {
            DomainInfo info = domain.getInfo();
            boolean running = info.state == DomainState.VIR_DOMAIN_RUNNING
                    || info.state == DomainState.VIR_DOMAIN_BLOCKED
                    || info.state == DomainState.VIR_DOMAIN_NOSTATE;
            domains.add(new ActiveDomain(domain.getName(), domain.getUUIDString(), info.maxMem * 1024, running));
        } catch (LibvirtException e) {
            LOG.debug("a domain that has ended meanwhile", e);
        } finally {
            domain.free();
        }
    }

    /**
     * Memory in bytes that a host has free or holds only as a cache; empty where its libvirt does not tell.
     *
     * @throws UnreachableException when its libvirt does not answer
     */
    public static OptionalLong availableMemory(String uri) throws UnreachableException {
        try {
            LibvirtEventLoop.ensureRunning();
            NodeMemory libvirt = Native.load("virt", NodeMemory.class);
            Pointer connection = libvirt.virConnectOpenReadOnly(uri);
            if (connection == null) {
                throw new UnreachableException(uri + ": libvirt does not answer", null);
            }
            try {
                return availableMemory(libvirt, connection);
            } finally {
                libvirt.virConnectClose(connection);
            }
        } catch (LibvirtException | UnsatisfiedLinkError e) {
            throw new UnreachableException(uri + ": " + e.getMessage(), e);
        }
    }

    private static OptionalLong availableMemory(NodeMemory libvirt, Pointer connection) {
        IntByReference count = new IntByReference(0);
        if (libvirt.virNodeGetMemoryStats(connection, ALL_CELLS, null, count, 0) < 0 || count.getValue() <= 0) {
            return OptionalLong.empty();
        }
        try (Memory stats = new Memory((long) STAT_BYTES * count.getValue())) {
            if (libvirt.virNodeGetMemoryStats(connection, ALL_CELLS, stats, count, 0) < 0) {
                return OptionalLong.empty();
            }
            long available = 0;
            for (int i = 0; i < count.getValue(); i++) {
                long at = (long) STAT_BYTES * i;
                String field = stats.getString(at, StandardCharsets.US_ASCII.name());
                available += AVAILABLE.contains(field) ? stats.getLong(at + FIELD_BYTES) * 1024 : 0;
            }
            return OptionalLong.of(available);
        }
    }
}
