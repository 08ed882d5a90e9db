package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.channel.SourceChannel;
import io.novacron.hde.channel.SourceOptions;
import io.novacron.hde.channel.SpareProcessors;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.SharedBlocks;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.dictionary.Dictionary;
import io.novacron.hde.dictionary.DictionaryExchange;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a source channel begins: the two agents agree on baselines and a dictionary, each proving what it has. */
final class SourceGreeting {
    private static final Logger LOG = LoggerFactory.getLogger(SourceGreeting.class);

    private static final int SEED_LEVEL = 6;

    private final HdeConfig config;
    private final SegmentPool segments;
    private final PageStore store;
    private final BaselineKeeper baselines;
    private final BaselineKeeper diskBaselines;
    private final DictionaryKeeper dictionaries;
    private final Channels channels;
    private final SpareProcessors spareProcessors;

    SourceGreeting(
            HdeConfig config,
            SegmentPool segments,
            PageStore store,
            BaselineKeeper baselines,
            BaselineKeeper diskBaselines,
            DictionaryKeeper dictionaries,
            Channels channels) {
        this.config = config;
        this.segments = segments;
        this.store = store;
        this.baselines = baselines;
        this.diskBaselines = diskBaselines;
        this.dictionaries = dictionaries;
        this.channels = channels;
        this.spareProcessors = new SpareProcessors(config.codec().maxCpuUtilization());
    }

    /**
     * The channel that is wanted.
     *
     * @param port on the peer's host, for connections over TCP; else 0
     * @param blocks for what the migration's main channel says of the RAM blocks
     * @param siblings the tables of the migration's channels
     * @param linkRate bytes a second that the link carried the last time; 0 if that is not known
     */
    record Request(
            ChannelId id,
            ChannelType type,
            int port,
            Workers workers,
            SharedBlocks blocks,
            SiblingTables siblings,
            double linkRate) {}

    /**
     * A channel that can be run.
     *
     * @param agreed the baselines that both have, best first
     * @param tableChunks how large the channel's table may become
     */
    record Greeted(SourceChannel channel, List<MemoryTable> agreed, int tableChunks) {}

    /** Says Hello, agrees on baselines and a dictionary, and sets the channel up. */
    Greeted greet(Request request, SocketChannel qemu, Tunnel tunnel, ChannelProgress progress) throws IOException {
        ChannelId id = request.id;
        ChannelType type = request.type;
        List<String> algorithms = DeltaNames.allowed(config.codec().deltaAlgorithm());
        boolean isDisk = type == ChannelType.DISK;
        BaselineKeeper keeper = isDisk ? diskBaselines : baselines;
        int tableChunks = keeper.tableChunks();
        List<Message.Offer> offers = keeper.offers(id.vmUuid(), id.peer());
        // the other channels' packets fill frames, which need no dictionary
        List<Dictionary> candidates =
                id.isMain() ? dictionaries.exchange().candidates(UUID.fromString(id.vmUuid())) : List.of();
        String challenge = BaselineProofs.newChallenge();
        tunnel.send(new Message.Hello(
                Protocol.lowestVersion(type),
                Protocol.HIGHEST_VERSION,
                type.number(),
                Release.name(),
                config.host().name(),
                id.vm(),
                id.vmUuid(),
                id.migration(),
                id.number(),
                config.verifyStream(),
                tableChunks,
                algorithms,
                offers,
                DictionaryExchange.offers(candidates),
                challenge,
                request.port));
        Message.Welcome welcome = welcome(tunnel, offers);
        List<String> agreedAlgorithms = new ArrayList<>(algorithms);
        agreedAlgorithms.retainAll(welcome.deltaAlgorithms());

        Map<String, MemoryTable> tables = keeper.load(welcome.held());
        BaselineProofs proofs = new BaselineProofs(
                new Possession.Channel(config.host().name(), id.peer(), challenge, welcome.challenge()), tables);
        keepProven(tables, welcome, proofs, id.peer());
        Optional<Dictionary> dictionary = DictionaryExchange.choose(candidates, welcome);
        tunnel.send(new Message.Begin(
                List.copyOf(tables.keySet()),
                dictionary.stream().map(Dictionary::digest).toList(),
                proofs.bySource(tables.keySet())));
        if (dictionary.isPresent() && !DictionaryExchange.isHeld(dictionary.get(), welcome)) {
            tunnel.send(DictionaryExchange.message(dictionary.get().content()));
        }
        keeper.touch(tables.keySet());
        ChannelLog.baselines(progress, tables.keySet());
        ChannelMemory memory = keeper.memory(tables.values(), true, welcome.tableChunks(), channels.room(type));
        SourceEncoder encoder = new SourceEncoder(
                id.toString(),
                memory,
                store,
                DeltaNames.bases(agreedAlgorithms),
                request.workers.help(),
                welcome.version() < Protocol.BARE_PAGES_VERSION ? SharedBlocks.none() : request.blocks);
        SourceOptions options = new SourceOptions(
                new PackOptions(
                        config.codec().minCompressionRatio(),
                        agreedAlgorithms,
                        config.baseline().maxDeltaChain()),
                type == ChannelType.SEED ? seedLevel() : config.codec().compressionLevel(),
                spareProcessors,
                request.linkRate,
                config.verifyStream(),
                isDisk ? dictionaries.forDisk(dictionary) : dictionaries.forSource(id, dictionary));
        SourceChannel channel = new SourceChannel(
                id,
                qemu,
                tunnel,
                options,
                request.workers.packers(),
                segments,
                memory,
                encoder,
                store,
                keeper,
                request.siblings,
                progress);
        return new Greeted(channel, List.copyOf(tables.values()), welcome.tableChunks());
    }

    /** There is time: the link is not to be filled, and a migration would have chosen a level like this on a thin one. */
    private OptionalInt seedLevel() {
        OptionalInt configured = config.codec().compressionLevel();
        return configured.isPresent() ? configured : OptionalInt.of(SEED_LEVEL);
    }

    /**
     * Waits for the answer to a Hello.
     *
     * @throws TunnelException when it is no Welcome, or of a version that is not spoken here
     */
    static Message.Welcome awaitWelcome(Tunnel tunnel) throws IOException {
        String peer = tunnel.peer().name();
        Message answer = tunnel.receive();
        if (answer instanceof Message.Refuse refuse) {
            throw new TunnelException("peer " + peer + " refused: " + PeerText.of(refuse.reason()));
        }
        if (!(answer instanceof Message.Welcome welcome)) {
            throw new TunnelException("peer " + peer
                    + (answer == null
                            ? " closed the tunnel at once"
                            : " sent " + answer.getClass().getSimpleName() + " instead of Welcome"));
        }
        if (welcome.version() < Protocol.LOWEST_VERSION || welcome.version() > Protocol.HIGHEST_VERSION) {
            throw new TunnelException("peer " + peer + " (" + PeerText.of(welcome.software())
                    + ") chose protocol version " + welcome.version() + ", which this agent does not speak");
        }
        return welcome;
    }

    /** Removes the baselines that the peer says it holds and does not prove to hold. */
    static void keepProven(
            Map<String, MemoryTable> tables, Message.Welcome welcome, BaselineProofs proofs, String peer) {
        for (int i = 0; i < welcome.held().size(); i++) {
            String root = welcome.held().get(i);
            if (tables.containsKey(root)
                    && !proofs.isFromDestination(root, welcome.proofs().get(i))) {
                tables.remove(root);
                LOG.warn(
                        "peer {} says that it holds baseline {} and does not prove it; it is not used",
                        peer,
                        root.substring(0, 12));
            }
        }
    }

    /**
     * Waits for the answer to a Hello that offers these baselines.
     *
     * @throws TunnelException when it is no Welcome, or cannot be one to that Hello
     */
    static Message.Welcome welcome(Tunnel tunnel, List<Message.Offer> offers) throws IOException {
        String peer = tunnel.peer().name();
        Message.Welcome welcome = awaitWelcome(tunnel);
        List<String> offered = offers.stream().map(Message.Offer::root).toList();
        boolean holds = welcome.held() != null && !welcome.held().isEmpty();
        if (holds
                && (!BaselineProofs.isChallenge(welcome.challenge())
                        || welcome.proofs() == null
                        || welcome.proofs().size() != welcome.held().size())) {
            throw new TunnelException("peer " + peer + " sent a Welcome with baselines and without proofs of them");
        }
        if (welcome.tableChunks() < 0
                || welcome.tableChunks() > TableLimit.chunks()
                || welcome.held() == null
                || welcome.deltaAlgorithms() == null
                || !offered.containsAll(welcome.held())) {
            throw new TunnelException("peer " + peer + " sent a Welcome that does not answer the Hello");
        }
        return welcome;
    }
}
