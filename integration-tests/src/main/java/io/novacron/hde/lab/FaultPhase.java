package io.novacron.hde.lab;

import java.util.Locale;

/** How far a migration has come. */
enum FaultPhase {
    /** QEMU has connected to the source's agent, and the channel is not open yet. */
    GREETING,
    /** QEMU goes through the memory for the first time. */
    FIRST_ROUND,
    /** QEMU sends again what the guest has written. */
    LATER_ROUND,
    /** The VM is stopped; its last pages and its devices cross. */
    SWITCH_OVER,
    /** QEMU has said that it is done; libvirt has not. A fault comes here only if it comes late. */
    FINISH;

    /** Its name in the table and the JSON. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
