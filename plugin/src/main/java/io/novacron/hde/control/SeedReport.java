package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * The seeding of a VM's memory to a peer.
 *
 * @param uuid of the VM
 * @param keepFresh whether it is refreshed until it is stopped
 * @param policy whether the configuration asks for it
 * @param pages of the guest that the pass at hand, or the last one, has to look at
 * @param pagesDone that it has looked at
 * @param pagesSent that the peer did not hold
 * @param wireBytes of that pass, and those before it since the last complete one
 * @param totalWireBytes of all passes
 * @param passes that have come to the end of the memory
 * @param completed when the last of them did; null before
 * @param due when the next begins; null where none is planned
 * @param baseline root of what both hosts hold, in hexadecimal; null before there is one
 * @param error why the last pass failed; null where it did not
 */
public record SeedReport(
        String vm,
        String uuid,
        String peer,
        State state,
        boolean keepFresh,
        boolean policy,
        long pages,
        long pagesDone,
        long pagesSent,
        long wireBytes,
        long totalWireBytes,
        long passes,
        Instant completed,
        Instant due,
        String baseline,
        String error) {
    /** What it is doing. */
    public enum State {
        /** Others come first. */
        @JsonProperty("waiting")
        WAITING,
        @JsonProperty("running")
        RUNNING,
        /** The peer has it, and it is going to be refreshed. */
        @JsonProperty("fresh")
        FRESH,
        /** The peer has it. */
        @JsonProperty("completed")
        COMPLETED,
        @JsonProperty("failed")
        FAILED,
        @JsonProperty("stopped")
        STOPPED
    }
}
