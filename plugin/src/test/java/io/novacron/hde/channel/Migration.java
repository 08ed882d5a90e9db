package io.novacron.hde.channel;

import io.novacron.hde.Background;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Relay;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * One channel between two hosts, over TLS, from one QEMU's socket to the other's. Either end can be left to the test:
 * then it has the tunnel instead.
 */
final class Migration implements AutoCloseable {
    static final byte[] SHUT_SUCCESS = {0, 1, 0, 4, 0, 0, 0, 0};
    static final byte[] SHUT_FAILURE = {0, 1, 0, 4, 0, 0, 0, 1};

    private static final List<String> ALGORITHMS = Arrays.stream(DeltaAlgorithms.values())
            .map(DeltaAlgorithms::algorithmName)
            .toList();
    private static final int MAX_CHUNKS = 1024;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final TunnelTimes NOT_RESUMED = new TunnelTimes(TIMEOUT, TIMEOUT, Duration.ZERO);

    /** With this a lost connection is replaced. */
    static final TunnelTimes RESUMED = new TunnelTimes(TIMEOUT, Duration.ofSeconds(2), TIMEOUT);

    /** Which ends are the product's. */
    enum Ends {
        BOTH,
        SOURCE,
        DESTINATION
    }

    final QemuSocket from;
    final QemuSocket to;
    final ChannelProgress source = new ChannelProgress(id(true));
    final ChannelProgress destination = new ChannelProgress(id(false));
    /** The source's end of the tunnel. */
    final Tunnel sourceTunnel;
    /** The destination's end of the tunnel. */
    final Tunnel destinationTunnel;

    final Relay relay;
    private final CompletableFuture<Tunnel> accepted = new CompletableFuture<>();
    private final CompletableFuture<Void> testEnds = new CompletableFuture<>();
    private final TunnelListener listener;
    private final SourceChannel sourceChannel;
    private final DestinationChannel destinationChannel;
    private final CompletableFuture<Void> done;

    Migration(Path directory, Host a, Host b, List<MemoryTable> baselines) throws Exception {
        this(directory, a, b, baselines, Ends.BOTH, Long.MAX_VALUE);
    }

    /** @param cutAfter how many bytes the link carries from the source before it breaks, which ends the migration */
    Migration(Path directory, Host a, Host b, List<MemoryTable> baselines, Ends ends, long cutAfter) throws Exception {
        this(directory, a, b, baselines, ends, cutAfter, NOT_RESUMED);
    }

    /** @param cutAfter how many bytes each connection carries from the source before it breaks */
    Migration(Path directory, Host a, Host b, List<MemoryTable> baselines, Ends ends, long cutAfter, TunnelTimes times)
            throws Exception {
        from = QemuSocket.open(directory);
        to = QemuSocket.open(directory);
        listener = new TunnelListener(
                b.tls,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer(a.name, "x.example", 1, a.name)),
                times,
                Pacing.unlimited(),
                1,
                tunnel -> {
                    accepted.complete(tunnel);
                    testEnds.join();
                });
        relay = new Relay(listener.port(), cutAfter);
        sourceTunnel = new TunnelDialer(a.tls, times, Pacing.unlimited())
                .dial(new Peer(b.name, "127.0.0.1", relay.port(), b.name));
        destinationTunnel = accepted.get();
        CompletableFuture<Void> sourceDone = CompletableFuture.completedFuture(null);
        CompletableFuture<Void> destinationDone = CompletableFuture.completedFuture(null);
        if (ends == Ends.SOURCE) {
            destinationChannel = null;
        } else {
            ChannelMemory memory = new ChannelMemory(copies(baselines), false, MAX_CHUNKS);
            destinationChannel = new DestinationChannel(
                    id(false),
                    to.agent,
                    destinationTunnel,
                    memory,
                    new BatchRebuilder(memory, b.store, 4),
                    b.store,
                    b,
                    new SiblingTables(),
                    destination,
                    true);
            destinationDone = Background.run(destinationChannel::run);
        }
        if (ends == Ends.DESTINATION) {
            sourceChannel = null;
        } else {
            ChannelMemory memory = new ChannelMemory(copies(baselines), true, MAX_CHUNKS);
            sourceChannel = new SourceChannel(
                    id(true),
                    from.agent,
                    sourceTunnel,
                    new SourceOptions(
                            new PackOptions(1.1, ALGORITHMS, 4),
                            OptionalInt.empty(),
                            new SpareProcessors(1),
                            0,
                            true,
                            SourceDictionaries.NONE),
                    a.packers,
                    a.segments,
                    memory,
                    new SourceEncoder("test", memory, a.store, DeltaBases.ANY, HashingHelp.NONE),
                    a.store,
                    a,
                    new SiblingTables(),
                    source);
            sourceDone = Background.run(sourceChannel::run);
        }
        done = CompletableFuture.allOf(sourceDone, destinationDone);
    }

    static ChannelId id(boolean sending) {
        return new ChannelId(
                "00112233445566778899aabbccddeeff",
                0,
                "vm",
                "00000000-0000-0000-0000-000000000001",
                sending ? "b" : "a",
                sending);
    }

    private static List<MemoryTable> copies(List<MemoryTable> tables) {
        return tables.stream().map(MemoryTable::copy).toList();
    }

    /** What the two QEMUs do when all goes well: the stream that came out. */
    byte[] migrate(byte[] stream) throws Exception {
        CompletableFuture<Void> writing = Background.run(() -> {
            from.write(stream);
            // QEMU closes when the destination has said that it is done
            from.read(SHUT_SUCCESS.length);
            from.qemu.close();
        });
        byte[] received = to.read(stream.length);
        to.write(SHUT_SUCCESS);
        to.qemu.close();
        writing.join();
        awaitEnd();
        return received;
    }

    /** Waits until both ends have come to their end, whichever that is. */
    void awaitEnd() {
        done.join();
    }

    void abortSource(String reason) {
        sourceChannel.abort(reason);
    }

    void abortDestination(String reason) {
        destinationChannel.abort(reason);
    }

    @Override
    public void close() throws IOException {
        testEnds.complete(null);
        from.close();
        to.close();
        relay.close();
        listener.close();
    }
}
