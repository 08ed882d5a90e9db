package io.novacron.hde.libvirt;

/** What a lifecycle event means for {@link DomainTable}; libvirt's finer distinctions end here. */
enum DomainChange {
    /** Its definition was made or changed. */
    DEFINED,
    /** Started, arrived, or resumed. */
    ACTIVE,
    /** Stopped by its user, itself, or a crash. */
    ENDED,
    /** Stopped because the start or the incoming migration failed, or for saving: the guest lives on elsewhere. */
    WITHDRAWN,
    /** Stopped because it runs on another host now. */
    MIGRATED_AWAY,
    /** Its definition was removed; it may still be running, be renamed, or have been defined again. */
    UNDEFINED
}
