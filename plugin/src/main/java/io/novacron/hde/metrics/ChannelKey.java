package io.novacron.hde.metrics;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.wire.ChannelType;

/**
 * Which channels are added up.
 *
 * @param direction {@code send} or {@code receive}
 * @param type {@code memory}, {@code disk}, {@code control} or {@code seed}
 */
record ChannelKey(String peer, String direction, String type) {
    static ChannelKey of(ChannelProgress progress) {
        return new ChannelKey(
                progress.id().peer(),
                direction(progress),
                switch (progress.type()) {
                    case MEMORY, TCP -> "memory";
                    case DISK -> "disk";
                    case CONTROL -> "control";
                    case SEED -> "seed";
                    case ESTIMATE -> throw new IllegalArgumentException("an estimate carries nothing");
                });
    }

    static String direction(ChannelProgress progress) {
        return progress.id().sending() ? "send" : "receive";
    }

    /** Whether the channel tells how a migration of a VM's memory ended. */
    static boolean isMigration(ChannelProgress progress) {
        return progress.id().isMain() && (progress.type() == ChannelType.MEMORY || progress.type() == ChannelType.TCP);
    }

    /** Whether what crosses in the channel is a VM's. */
    static boolean isOfVm(ChannelProgress progress) {
        return progress.type() != ChannelType.CONTROL;
    }
}
