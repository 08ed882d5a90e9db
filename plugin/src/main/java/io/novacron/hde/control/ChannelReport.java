package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;

/**
 * One channel, while it is open and afterwards.
 *
 * @param migration the same for all channels of one migration, on both hosts
 * @param uuid of the VM; null where only its name is known
 * @param state what it is doing, one word or a few
 * @param finished null while it runs
 * @param streamBytes bytes read from or written to QEMU
 * @param wireBytes bytes on the wire, in this channel's direction
 * @param rounds of memory that QEMU has begun
 * @param linkBytesPerSecond what the link took lately
 * @param bufferedBytes read from one side and not yet written to the other
 * @param remainingBytes still to arrive, about; null where that is not known, and where it does not converge
 * @param remainingMs until its end, about; null likewise
 * @param remainingError how far what comes may lie from these, as a part of them; null where that is not known
 * @param converges false when the guest writes pages as fast as they are sent; null where that is not known
 * @param naks pages or frames that were asked for again
 * @param resumptions how often it went on over a new connection
 * @param switchover where the downtime went; null where that is not known
 * @param baselineUsed root of the baseline both hosts hold, in hexadecimal; null without one
 * @param baselineCommitted root of the baseline this migration made; null without one
 * @param reason of the failure, in one line; null without one
 * @param streamSha256 over all bytes of the stream, in hexadecimal; null where it was not computed
 * @param passThroughReason why the rest of the stream is passed through unchanged; null where it is not
 * @param levels when the level changed; none of a channel that receives
 */
public record ChannelReport(
        String migration,
        String vm,
        String uuid,
        String peer,
        Direction direction,
        Kind kind,
        String state,
        Instant started,
        Instant finished,
        long streamBytes,
        long wireBytes,
        PagesByTier pagesByTier,
        int rounds,
        long linkBytesPerSecond,
        long bufferedBytes,
        Long remainingBytes,
        Long remainingMs,
        Double remainingError,
        Boolean converges,
        long naks,
        long resumptions,
        Switchover switchover,
        String baselineUsed,
        String baselineCommitted,
        Outcome outcome,
        String reason,
        String streamSha256,
        String passThroughReason,
        List<Level> levels) {

    public ChannelReport {
        levels = List.copyOf(levels);
    }

    /**
     * How pages were packed from a moment on.
     *
     * @param millis since the channel began
     * @param level zstd's
     * @param references how many known pages that it resembles a new page was packed against at most
     * @param linkBytesPerSecond what the link was taken for
     */
    public record Level(long millis, int level, int references, long linkBytesPerSecond) {}

    /**
     * Parts of the downtime, one after the other, by the clock of the host that sends.
     *
     * @param lastRoundMs from the first byte that QEMU writes with the guest stopped to the last one of its memory
     * @param deviceStateMs to the last byte that it writes
     * @param deliveryMs until the destination's QEMU has all of them
     * @param loadingMs until that says it has succeeded
     */
    public record Switchover(long lastRoundMs, long deviceStateMs, long deliveryMs, long loadingMs) {}

    /** Where the VM goes, seen from this host. */
    public enum Direction {
        @JsonProperty("send")
        SEND,
        @JsonProperty("receive")
        RECEIVE
    }

    /** What the channel carries. */
    public enum Kind {
        /** A migration stream that the agents understand. */
        @JsonProperty("memory")
        MEMORY,
        /** What is copied to a disk, by NBD. */
        @JsonProperty("disk")
        DISK,
        /** Bytes that are passed through unchanged. */
        @JsonProperty("pass-through")
        PASS_THROUGH,
        /** libvirt's conversation with the peer's libvirt. */
        @JsonProperty("control")
        CONTROL,
        /** The memory of a VM that runs on. */
        @JsonProperty("seed")
        SEED
    }

    /** How it ended, if it did. */
    public enum Outcome {
        @JsonProperty("running")
        RUNNING,
        @JsonProperty("completed")
        COMPLETED,
        @JsonProperty("failed")
        FAILED
    }
}
