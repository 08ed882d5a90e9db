package io.novacron.hde.qemu.monitor;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** What is needed of libvirt's C interface ({@code libvirt.h}, {@code libvirt-qemu.h}, {@code virterror.h}). */
final class Libvirt {
    /** {@code VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT}: QMP. */
    static final int QMP = 0;
    /** {@code VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP}. */
    static final int HMP = 1;

    private Libvirt() {}

    /** {@code virErrorFunc}. */
    interface ErrorFunction extends Callback {
        void error(Pointer userData, Pointer error);
    }

    /** {@code libvirt.so.0}. */
    interface Core extends Library {
        Pointer virConnectOpen(String uri);

        int virConnectClose(Pointer connection);

        void virSetErrorFunc(Pointer userData, ErrorFunction function);

        /** Of the last call of this thread. */
        String virGetLastErrorMessage();

        Pointer virDomainLookupByUUIDString(Pointer connection, String uuid);

        String virDomainGetName(Pointer domain);

        int virDomainFree(Pointer domain);
    }

    /** {@code libvirt-qemu.so.0}. */
    interface Qemu extends Library {
        /** The result is allocated by malloc and the caller's. */
        int virDomainQemuMonitorCommand(Pointer domain, String command, PointerByReference result, int flags);
    }
}
