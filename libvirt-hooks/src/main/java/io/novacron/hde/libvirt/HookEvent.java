package io.novacron.hde.libvirt;

import java.time.Instant;
import java.util.Optional;

/**
 * What libvirt's hook said (docs/hooks.rst): libvirt is about to do something, or has done it, with a guest.
 *
 * @param operation which of the hook's operations
 * @param guest the domain's name
 * @param uuid the domain's UUID as 36 lower-case characters, where the hook could read it from the XML
 * @param at when the hook ran, by the host's clock
 */
public record HookEvent(Operation operation, String guest, Optional<String> uuid, Instant at) {
    /** The operations the hook script passes on. */
    public enum Operation {
        /** The guest will migrate to this host; first call of all, on the destination only. */
        MIGRATE,
        /** A process for the guest is about to be made on this host, for a start or an incoming migration. */
        PREPARE,
        /** The guest's process on this host is gone and its resources are released. */
        RELEASE
    }
}
