package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.ChannelProgress.Outcome;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.SharedBlocks;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.seed.ChangedPages;
import io.novacron.hde.seed.GuestException;
import io.novacron.hde.seed.GuestPages;
import io.novacron.hde.seed.ProcessorShare;
import io.novacron.hde.seed.SeedProgress;
import io.novacron.hde.seed.SeedStream;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a guest's memory to a peer once, or a part of it: a channel like a migration's, whose stream is written by {@link
 * SeedStream} in QEMU's place.
 */
final class SeedPass {
    private static final Logger LOG = LoggerFactory.getLogger(SeedPass.class);

    private static final long END_SECONDS = 30;

    private final Path sockets;
    private final TunnelDialer dialer;
    private final SourceGreeting greeting;
    private final PageStore store;
    private final Channels channels;

    /** @param sockets a directory in which nobody else may make files */
    SeedPass(Path sockets, TunnelDialer dialer, SourceGreeting greeting, PageStore store, Channels channels) {
        this.sockets = sockets;
        this.dialer = dialer;
        this.greeting = greeting;
        this.store = store;
        this.channels = channels;
    }

    /**
     * What is to be done.
     *
     * @param from how many pages of the guest to leave out
     * @param changedBefore the pages that the pass before has sent
     * @param changed gets those that this one sends
     * @param maxBandwidth bytes a second, if that is limited
     * @param hurried whether that no longer counts, because somebody waits for the end
     * @param processors how many of them the agent may take
     */
    record Work(
            Peer peer,
            DomainInfo domain,
            GuestPages guest,
            long from,
            SeedProgress progress,
            ChangedPages changedBefore,
            ChangedPages changed,
            OptionalLong maxBandwidth,
            BooleanSupplier hurried,
            double processors) {}

    /**
     * What came of it.
     *
     * @param position how many pages of the guest it has come past; all of them unless it was stopped
     */
    record Result(ChannelProgress channel, long position) {}

    /**
     * Returns when the channel has ended. What crossed is a baseline then, on both hosts, also where it was stopped.
     *
     * @param stopped asked now and then whether to end before all has been looked at
     * @throws IOException when the peer cannot be reached, refuses, or the channel has failed; the message says why
     */
    Result run(Work work, BooleanSupplier stopped) throws IOException {
        ChannelId id = new ChannelId(
                ChannelId.newMigration(), 0, work.domain.name(), work.domain.uuid(), work.peer.name(), true);
        ChannelProgress progress = new ChannelProgress(id, ChannelType.SEED);
        channels.requireRoom();
        ExecutorService packer = Executors.newSingleThreadExecutor(packing -> {
            Thread thread = new Thread(packing, "seed-pack");
            thread.setDaemon(true);
            return thread;
        });
        try (SocketPair pair = SocketPair.open(sockets);
                Tunnel tunnel = dialer.slower(work.maxBandwidth, work.hurried).dialOnce(work.peer)) {
            SourceGreeting.Greeted greeted = greeting.greet(
                    new SourceGreeting.Request(
                            id,
                            ChannelType.SEED,
                            0,
                            new Workers(packer, HashingHelp.NONE),
                            SharedBlocks.none(),
                            new SiblingTables(),
                            0),
                    pair.channelEnd(),
                    tunnel,
                    progress);
            Feed feed = new Feed(work, base(work.guest, greeted), pair.qemuEnd(), stopped);
            feed.start();
            PageStore.Protection protection = store.protect();
            try {
                channels.carry(progress, greeted.channel()::abort, greeted.channel()::run);
            } finally {
                protection.close();
            }
            return new Result(progress, feed.end(progress));
        } finally {
            packer.shutdown();
        }
    }

    /** As the channel's own table begins. */
    private static MemoryTable base(GuestPages guest, SourceGreeting.Greeted greeted) {
        var layout = SeedStream.layout(guest.blocks());
        List<MemoryTable> agreed = greeted.agreed();
        return agreed.isEmpty()
                ? new MemoryTable(layout, greeted.tableChunks())
                : agreed.get(0).adapt(layout, greeted.tableChunks());
    }

    /** Plays QEMU, in a thread of its own. */
    private static final class Feed {
        private final Work work;
        private final MemoryTable base;
        private final SocketChannel to;
        private final BooleanSupplier stopped;
        private final Thread thread = new Thread(this::run, "seed-read");
        // written by the thread, read after it has ended
        private long position;
        private GuestException failure;

        Feed(Work work, MemoryTable base, SocketChannel to, BooleanSupplier stopped) {
            this.work = work;
            this.base = base;
            this.to = to;
            this.stopped = stopped;
            this.position = work.from;
        }

        void start() {
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            ProcessorShare share = new ProcessorShare(work.processors, ProcessorTime::nanos, System::nanoTime);
            try (to) {
                position = new SeedStream(work.guest, base, share, work.progress, work.changedBefore, work.changed)
                        .write(to, work.from, stopped);
            } catch (GuestException e) {
                failure = e;
            } catch (IOException e) {
                LOG.debug("the channel has closed before the end of a seed", e);
            }
        }

        /** Where it has come to; the channel has ended. */
        long end(ChannelProgress channel) throws IOException {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("the agent is stopping", e);
            }
            if (channel.outcome() == Outcome.COMPLETED) {
                return position;
            }
            throw failure != null ? failure : new TunnelException(channel.reason());
        }
    }
}
