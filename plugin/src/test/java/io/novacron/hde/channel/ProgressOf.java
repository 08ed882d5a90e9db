package io.novacron.hde.channel;

import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.FrameReport;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.wire.ChannelType;
import java.util.List;

/** Channels' figures for tests of what is made of them: only a channel writes them. */
public final class ProgressOf {
    private final ChannelProgress progress;

    public ProgressOf(String vm, String peer, boolean sending, ChannelType type) {
        ChannelId id = new ChannelId("0123456789abcdef0123456789abcdef", 0, vm, "uuid of " + vm, peer, sending);
        this.progress = new ChannelProgress(id, type);
    }

    public ChannelProgress progress() {
        return progress;
    }

    /** From now on so much has crossed. */
    public ProgressOf crossed(long streamBytes, long wireBytes) {
        progress.addStreamBytes(streamBytes - progress.streamBytes());
        progress.wireBytes(wireBytes);
        return this;
    }

    public ProgressOf pages(Tier tier, int pages) {
        progress.addPages(tier, pages);
        return this;
    }

    public ProgressOf packed(FrameReport frame, long nanos) {
        progress.packed().packed(List.of(frame), nanos);
        return this;
    }

    public ProgressOf level(int level) {
        progress.effort(Effort.ofLevel(level), 1e6);
        return this;
    }

    public ProgressOf trouble(int naks, int resumptions, String passThroughReason) {
        for (int i = 0; i < naks; i++) {
            progress.addNak();
        }
        for (int i = 0; i < resumptions; i++) {
            progress.addResumption();
        }
        progress.passThroughReason(passThroughReason);
        return this;
    }

    public ProgressOf completed(Switchover switchover, String baseline) {
        progress.switchover(switchover);
        progress.baselineCommitted(baseline);
        progress.finished(ChannelProgress.Outcome.COMPLETED, null);
        return this;
    }

    public ProgressOf failed() {
        progress.finished(ChannelProgress.Outcome.FAILED, "because");
        return this;
    }
}
