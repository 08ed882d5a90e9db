package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.Baselines;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.DestinationChannel;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.channel.SourceChannel;
import io.novacron.hde.channel.SourceOptions;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes made-up guests through the whole path once, from socket to socket, encryption included, before a real one comes:
 * a JVM that has not compiled it yet is twenty times slower for the first hundred megabytes.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    private static final int PAGES = 6_000;
    private static final int GUESTS = 4;
    private static final int SECTION = 2;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final byte[] SHUT_SUCCESS = {0, 1, 0, 4, 0, 0, 0, 0};

    private final TunnelTls tls;
    private final PageStore store;
    private final ExecutorService packers;
    private final SegmentPool segments;
    private final Path directory;
    private final List<String> deltaAlgorithms;

    /**
     * @param store a store of its own, which nothing else will read
     * @param directory for two sockets
     */
    WarmUp(
            TunnelTls tls,
            PageStore store,
            ExecutorService packers,
            SegmentPool segments,
            Path directory,
            List<String> deltaAlgorithms) {
        this.tls = tls;
        this.store = store;
        this.packers = packers;
        this.segments = segments;
        this.directory = directory;
        this.deltaAlgorithms = deltaAlgorithms;
    }

    /** Returns when the path is warm, or when something has failed, which is logged. */
    void run() {
        long began = System.nanoTime();
        List<MemoryTable> baselines = List.of();
        try {
            for (int guest = 0; guest < GUESTS; guest++) {
                baselines = migrate(guest, baselines);
            }
            LOG.info("warmed up in {} ms", (System.nanoTime() - began) / 1_000_000);
        } catch (IOException | InterruptedException | RuntimeException e) {
            LOG.warn("the warm-up failed; the first migration will be slower: {}", e.toString());
        }
    }

    private List<MemoryTable> migrate(int guest, List<MemoryTable> baselines) throws IOException, InterruptedException {
        CompletableFuture<Long> length = new CompletableFuture<>();
        AtomicReference<MemoryTable> result = new AtomicReference<>();
        Path sourceSocket = directory.resolve("warm-up-source.sock");
        Path destinationSocket = directory.resolve("warm-up-destination.sock");
        Peer self = new Peer("warm-up", "127.0.0.1", 0, tls.clientNames().get(0));
        try (ServerSocketChannel source = listen(sourceSocket);
                ServerSocketChannel destination = listen(destinationSocket);
                TunnelListener listener = new TunnelListener(
                        tls,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(self),
                        TIMEOUT,
                        1,
                        tunnel -> receive(tunnel, destinationSocket, baselines))) {
            Thread writer = thread(() -> write(sourceSocket, guest, length));
            Thread reader = thread(() -> read(destination, length));
            Peer listening = new Peer(
                    "warm-up", "127.0.0.1", listener.port(), tls.serverNames().get(0));
            try (SocketChannel qemu = source.accept();
                    Tunnel tunnel = new TunnelDialer(tls, TIMEOUT).dial(listening)) {
                send(qemu, tunnel, baselines, result);
            }
            writer.join();
            reader.join();
        } finally {
            Files.deleteIfExists(sourceSocket);
            Files.deleteIfExists(destinationSocket);
        }
        return result.get() == null ? List.of() : List.of(result.get());
    }

    private void send(
            SocketChannel qemu, Tunnel tunnel, List<MemoryTable> baselines, AtomicReference<MemoryTable> result)
            throws IOException {
        ChannelMemory memory = new ChannelMemory(baselines, true, TableLimit.chunks());
        ChannelId id = id(true);
        new SourceChannel(
                        id,
                        qemu,
                        tunnel,
                        new SourceOptions(new PackOptions(1.1, deltaAlgorithms, 0), OptionalInt.empty(), false),
                        packers,
                        segments,
                        memory,
                        new SourceEncoder(id.toString(), memory, store, true),
                        store,
                        new Kept(result),
                        new ChannelProgress(id))
                .run();
    }

    private void receive(Tunnel tunnel, Path socket, List<MemoryTable> baselines) throws IOException {
        ChannelMemory memory = new ChannelMemory(baselines, false, TableLimit.chunks());
        ChannelId id = id(false);
        try (SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            new DestinationChannel(
                            id,
                            qemu,
                            tunnel,
                            memory,
                            new BatchRebuilder(memory, store, 0),
                            store,
                            new Kept(new AtomicReference<>()),
                            new ChannelProgress(id),
                            false)
                    .run();
        }
    }

    private static ChannelId id(boolean sending) {
        return new ChannelId("0".repeat(32), 0, "warm-up", "00000000-0000-0000-0000-000000000000", "self", sending);
    }

    /** Keeps the table for the next guest, and nothing in the store. */
    private record Kept(AtomicReference<MemoryTable> table) implements Baselines {
        @Override
        public void completed(ChannelId channel, MemoryTable memory, String root, long capturedAt) {
            table.set(memory.copy());
        }

        @Override
        public void interrupted(ChannelId channel, List<MemoryTable> tables) {
            // a warm-up that fails leaves nothing
        }
    }

    /** What the source's QEMU would do. Each guest has half its pages from the one before, some of them changed a bit. */
    private static void write(Path socket, int guest, CompletableFuture<Long> length) throws IOException {
        MigrationStreamWriter stream = new MigrationStreamWriter();
        RamBlock ram = new RamBlock("warm.ram", (long) PAGES * Page.SIZE);
        try (SocketChannel agent = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer out = ByteBuffer.allocateDirect(1 << 20);
            long drained = 0;
            stream.header(out, "warm-up");
            stream.openReturnPath(out);
            stream.ramStart(out, SECTION, List.of(ram));
            stream.beginRamPart(out, SECTION);
            for (int page = 0; page < PAGES; page++) {
                if (out.remaining() < MigrationStreamWriter.MAX_PAGE_RECORD) {
                    drained += out.position();
                    drain(agent, out);
                }
                if (page % 5 == 4) {
                    stream.zeroPage(out, 0, (long) page * Page.SIZE, false);
                } else {
                    fill(out, stream.beginPage(out, 0, (long) page * Page.SIZE, page == 0), page, guest);
                }
            }
            drained += out.position();
            drain(agent, out);
            stream.endRamSection(out, SECTION);
            stream.beginRamEnd(out, SECTION);
            stream.endRamSection(out, SECTION);
            stream.end(out, "{}");
            length.complete(drained + out.position());
            drain(agent, out);
            ByteBuffer answer = ByteBuffer.allocate(SHUT_SUCCESS.length);
            while (answer.hasRemaining() && agent.read(answer) >= 0) {
                // QEMU closes when it has its answer
            }
        }
    }

    private static void fill(ByteBuffer out, int position, int page, int guest) {
        Random random = new Random(page % 2 == 0 ? page : page + (long) guest * PAGES);
        for (int i = 0; i < Page.SIZE; i += Long.BYTES) {
            out.putLong(position + i, (random.nextInt() & 0xfff) * 0x0001_0000_0101L);
        }
        if (page % 8 == 0) {
            out.putLong(position + page % Page.SIZE / Long.BYTES * Long.BYTES, guest);
        }
    }

    private static void drain(SocketChannel agent, ByteBuffer out) throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            agent.write(out);
        }
        out.clear();
    }

    /** What the destination's QEMU would do. */
    private static void read(ServerSocketChannel destination, CompletableFuture<Long> length) throws IOException {
        try (SocketChannel agent = destination.accept()) {
            ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);
            long read = 0;
            while (!length.isDone() || read < length.join()) {
                int n = agent.read(in.clear());
                if (n < 0) {
                    return;
                }
                read += n;
            }
            drain(agent, ByteBuffer.allocate(SHUT_SUCCESS.length).put(SHUT_SUCCESS));
        }
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Thread thread(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        LOG.debug("warm-up", e);
                    }
                },
                "warm-up");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
