package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import java.util.List;

/** What a channel leaves behind in the store when it ends. */
public interface Baselines {
    /** The migration succeeded: this is what both hosts know now. Returns when it is kept. */
    void completed(ChannelId channel, MemoryTable table, String root, long capturedAt);

    /** It did not; what crossed stays known. The tables are the moments at which the two sides may have parted. */
    void interrupted(ChannelId channel, List<MemoryTable> tables);
}
