package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log says of every channel, at either end. */
final class ChannelLog {
    private static final Logger LOG = LoggerFactory.getLogger(ChannelLog.class);

    private ChannelLog() {}

    static void open(ChannelProgress progress) {
        String what = switch (progress.type()) {
            case DISK -> ", a disk";
            case SEED -> ", a seed";
            default -> "";
        };
        LOG.info("{}: open{}", progress.id(), what);
    }

    static void baselines(ChannelProgress progress, Collection<String> roots) {
        if (roots.isEmpty()) {
            LOG.info("{}: no common baseline", progress.id());
        } else {
            String first = roots.iterator().next();
            progress.baselineUsed(first);
            LOG.info("{}: starts from baseline {}, {} in all", progress.id(), first.substring(0, 12), roots.size());
        }
    }

    static void ended(ChannelProgress progress) {
        if (progress.outcome() == Outcome.COMPLETED) {
            LOG.info(
                    "{}: completed, {} stream bytes as {} bytes on the wire, pages {}",
                    progress.id(),
                    progress.streamBytes(),
                    progress.wireBytes(),
                    progress.pagesByTier());
        } else {
            LOG.warn("{}: failed: {}", progress.id(), progress.reason());
        }
    }
}
