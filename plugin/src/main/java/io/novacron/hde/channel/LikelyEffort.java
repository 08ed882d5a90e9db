package io.novacron.hde.channel;

import io.novacron.hde.codec.Effort;
import java.util.OptionalInt;

/** How hard a channel would pack over a link of which the rate is known. */
public final class LikelyEffort {
    private LikelyEffort() {}

    /**
     * The effort at which such a channel begins, or to which it comes soon. It does not begin with less than the ladder's
     * start, and where it comes to less it takes some time.
     *
     * @param level zstd's, where it is configured
     * @param linkRate bytes a second
     */
    public static Effort of(OptionalInt level, SpareProcessors spareProcessors, double linkRate) {
        EffortChooser chooser = level.isPresent()
                ? EffortChooser.fixed(level.getAsInt())
                : EffortChooser.automatic(System::nanoTime, spareProcessors::count, linkRate);
        return chooser.likely();
    }
}
