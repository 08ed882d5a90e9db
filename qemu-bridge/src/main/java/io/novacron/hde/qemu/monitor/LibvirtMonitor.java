package io.novacron.hde.qemu.monitor;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The monitor of a VM of libvirt's, by {@code virDomainQemuMonitorCommand}. Has a connection to libvirt of its own.
 * Several threads may use it, one at a time gets through.
 *
 * <p>libvirt marks the VM as tainted ("custom-monitor") when this is first used, in its log and in nothing else.
 */
public final class LibvirtMonitor implements Monitor {
    private static final String ENCODING = StandardCharsets.UTF_8.name();

    // A constant, because libvirt keeps the function's address while JNA frees what Java no longer refers to. Every
    // error
    // is asked for and becomes an exception; without this libvirt prints it to stderr besides.
    private static final Libvirt.ErrorFunction SILENCE = (userData, error) -> {};

    private final Libvirt.Core libvirt;
    private final Libvirt.Qemu qemu;
    private final String vm;
    private final Pointer domain;
    private Pointer connection;

    private LibvirtMonitor(Libvirt.Core libvirt, Libvirt.Qemu qemu, String vm, Pointer connection, Pointer domain) {
        this.libvirt = libvirt;
        this.qemu = qemu;
        this.vm = vm;
        this.connection = connection;
        this.domain = domain;
    }

    /**
     * Connects to libvirt and looks the VM up. Its QEMU is not asked anything yet.
     *
     * @param uri what to connect to, for example {@code qemu:///system}; not a read-only socket
     * @param vmUuid the VM's UUID, 36 characters
     * @throws IOException when libvirt cannot be reached, or does not know the VM
     */
    public static LibvirtMonitor open(String uri, String vmUuid) throws IOException {
        Libvirt.Core libvirt;
        Libvirt.Qemu qemu;
        try {
            Map<String, Object> options = Map.of(Library.OPTION_STRING_ENCODING, ENCODING);
            libvirt = Native.load("virt", Libvirt.Core.class, options);
            qemu = Native.load("virt-qemu", Libvirt.Qemu.class, options);
        } catch (LinkageError e) {
            throw new IOException(
                    "libvirt's libraries libvirt.so.0 and libvirt-qemu.so.0 cannot be loaded; install libvirt's client"
                            + " libraries (Debian: libvirt0): " + e.getMessage(),
                    e);
        }
        libvirt.virSetErrorFunc(null, SILENCE);
        Pointer connection = libvirt.virConnectOpen(uri);
        if (connection == null) {
            throw new IOException("no connection to libvirt at " + uri + ", so no monitor of VM " + vmUuid
                    + "; see that libvirtd or virtqemud runs and lets root in: " + libvirt.virGetLastErrorMessage());
        }
        Pointer domain = libvirt.virDomainLookupByUUIDString(connection, vmUuid);
        if (domain == null) {
            String why = libvirt.virGetLastErrorMessage();
            libvirt.virConnectClose(connection);
            throw new IOException(
                    "libvirt at " + uri + " has no VM " + vmUuid + "; virsh list shows those it has: " + why);
        }
        String vm = libvirt.virDomainGetName(domain) + " (" + vmUuid + ")";
        return new LibvirtMonitor(libvirt, qemu, vm, connection, domain);
    }

    /**
     * {@inheritDoc}
     *
     * <p>This waits as long as libvirt waits: while another command is under way, or a job that allows none. During a
     * migration libvirt lets commands through at the source, between its own; at the destination it refuses them, after
     * half a minute, until the VM has arrived. A QEMU that hangs keeps the caller for as long as it hangs. So never call
     * it from a thread that something else waits for, and not while a migration runs.
     */
    @Override
    public String human(String command) throws IOException {
        return run(command, Libvirt.HMP);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Waits as {@link #human} does.
     */
    @Override
    public String qmp(String command) throws IOException {
        return run(command, Libvirt.QMP);
    }

    private synchronized String run(String command, int flags) throws IOException {
        if (connection == null) {
            throw new IOException("the monitor of VM " + vm + " has been closed");
        }
        PointerByReference result = new PointerByReference();
        if (qemu.virDomainQemuMonitorCommand(domain, command, result, flags) < 0) {
            throw new IOException("the monitor of VM " + vm + " does not answer '" + command
                    + "'; see with virsh that the VM runs and is not arriving: " + libvirt.virGetLastErrorMessage());
        }
        Pointer text = result.getValue();
        if (text == null) {
            return "";
        }
        try {
            return text.getString(0, ENCODING);
        } finally {
            Native.free(Pointer.nativeValue(text));
        }
    }

    /** Ends the connection, after the command that is under way. */
    @Override
    public synchronized void close() {
        if (connection != null) {
            libvirt.virDomainFree(domain);
            libvirt.virConnectClose(connection);
            connection = null;
        }
    }
}
