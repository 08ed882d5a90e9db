package io.novacron.hde.lab;

import java.util.Locale;

/** What goes wrong during a migration. */
enum FaultKind {
    /** The source's tunnels are reset. */
    RESET(false),
    /** No packet of the source's tunnels arrives, for some seconds. */
    SILENCE(false),
    /** No packet of any kind arrives, of libvirt's connections neither, for some seconds. */
    SILENCE_ALL(true),
    /** The address that the source's tunnels come from is gone, and there is another. */
    ADDRESS(false),
    /** The source's agent is killed. */
    KILL_SOURCE(true),
    /** The destination's agent is killed. */
    KILL_DESTINATION(true);

    private final boolean bothWays;

    FaultKind(boolean bothWays) {
        this.bothWays = bothWays;
    }

    /** Its name in the table and the JSON. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it also hits the migration in the other direction. */
    boolean bothWays() {
        return bothWays;
    }

    /** Whether an agent is gone after it. */
    boolean kills() {
        return this == KILL_SOURCE || this == KILL_DESTINATION;
    }

    /** Whether it lasts. */
    boolean lasts() {
        return this == SILENCE || this == SILENCE_ALL;
    }

    /** What it is to the migration in the other direction. */
    FaultKind fromTheOtherSide() {
        return switch (this) {
            case KILL_SOURCE -> KILL_DESTINATION;
            case KILL_DESTINATION -> KILL_SOURCE;
            default -> this;
        };
    }
}
