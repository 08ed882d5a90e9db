package io.novacron.hde.channel;

import io.novacron.hde.codec.SourceEncoder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Takes the times of a {@link Switchover}. Each is taken by one thread. Nanoseconds; 0 is not yet. */
final class SwitchoverClock {
    private volatile long stopped;
    private volatile long memoryRead;
    private volatile long streamRead;
    private volatile long delivered;
    private volatile long loaded;

    /** Some of the stream has been read and parsed. */
    void read(SourceEncoder encoder) {
        if (encoder.guestStopped()) {
            long now = System.nanoTime();
            stopped = stopped == 0 ? now : stopped;
            memoryRead = memoryRead == 0 && encoder.memoryComplete() ? now : memoryRead;
            streamRead = now;
        }
    }

    /** The destination's QEMU has all that has been read so far. */
    void delivered() {
        delivered = System.nanoTime();
    }

    /** The destination's QEMU has succeeded. */
    void loaded() {
        loaded = loaded == 0 ? System.nanoTime() : loaded;
    }

    /** Empty for a migration that did not come so far, or without a return path, which says when the guest is loaded. */
    Optional<Switchover> times() {
        if (memoryRead == 0 || loaded == 0) {
            return Optional.empty();
        }
        // the acknowledgement of the last batch and the word of success cross the tunnel in one moment
        long end = Math.max(loaded, delivered);
        return Optional.of(new Switchover(
                millis(stopped, memoryRead),
                millis(memoryRead, streamRead),
                millis(streamRead, delivered),
                millis(delivered, end)));
    }

    private static long millis(long from, long to) {
        return TimeUnit.NANOSECONDS.toMillis(Math.max(0, to - from) + 500_000);
    }
}
