package io.novacron.hde.lab;

import java.time.Duration;

/**
 * A fault that is wanted.
 *
 * @param kind what goes wrong
 * @param phase when it shall; a migration may be further when it does
 * @param lasting how long, for a silence; else zero
 */
record Fault(FaultKind kind, FaultPhase phase, Duration lasting) {
    /** One that is over as soon as it has come. */
    static Fault at(FaultPhase phase, FaultKind kind) {
        return new Fault(kind, phase, Duration.ZERO);
    }

    @Override
    public String toString() {
        return kind.word() + (lasting.isZero() ? "" : " of " + lasting.toSeconds() + " s") + " in " + phase.word();
    }
}
