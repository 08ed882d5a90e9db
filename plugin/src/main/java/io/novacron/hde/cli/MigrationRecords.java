package io.novacron.hde.cli;

import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.StatusReport;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What the agent tells of the migration of a VM to a peer. */
final class MigrationRecords {
    static final long LOOK_MILLIS = 250;

    /** The agent closes its books after libvirt has come back. */
    private static final long RECORD_MILLIS = 5_000;

    private final ControlClient client;
    private final String vm;
    private final String peer;
    private final Instant began;

    /** @param began before which no channel is meant */
    MigrationRecords(ControlClient client, String vm, String peer, Instant began) {
        this.client = client;
        this.vm = vm;
        this.peer = peer;
        this.began = began;
    }

    /** The channel of this migration's memory; empty while there is none, and when nobody answers. */
    Optional<ChannelReport> latest() {
        try {
            StatusReport status = client.status();
            return Stream.concat(status.channels().stream(), status.recent().stream())
                    .filter(channel -> channel.vm().equals(vm)
                            && channel.peer().equals(peer)
                            && channel.direction() == ChannelReport.Direction.SEND
                            && List.of(ChannelReport.Kind.MEMORY, ChannelReport.Kind.PASS_THROUGH)
                                    .contains(channel.kind())
                            && channel.started().isAfter(began))
                    .findFirst();
        } catch (ControlException e) {
            return Optional.empty();
        }
    }

    /** The same when the agent has done with it, for which it is given some seconds. */
    Optional<ChannelReport> ended() throws InterruptedException {
        Optional<ChannelReport> record = latest();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RECORD_MILLIS);
        while (record.filter(each -> each.finished() != null).isEmpty() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            record = latest();
        }
        return record;
    }
}
