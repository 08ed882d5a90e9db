package io.novacron.hde.agent;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Root;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.channel.Baselines;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which baselines a channel starts from, and what becomes of its memory when it ends. Thread-safe. */
final class BaselineKeeper implements Baselines {
    private static final Logger LOG = LoggerFactory.getLogger(BaselineKeeper.class);

    /** How many baselines of the same VM a channel uses: the last complete one, and what an interrupted one left. */
    private static final int OWN = 2;

    /** How many baselines of other VMs it uses. */
    private static final int SIBLINGS = 3;

    private final BaselineCatalog catalog;
    private final Dedup dedup;
    private final int maxChunks;
    private final TableSpace space;

    /**
     * @param maxChunks how many chunks of tables one channel may load
     * @param space where a channel's tables are kept
     */
    BaselineKeeper(BaselineCatalog catalog, Dedup dedup, int maxChunks, TableSpace space) {
        this.space = space;
        this.maxChunks = maxChunks;
        this.catalog = catalog;
        this.dedup = dedup;
    }

    /**
     * What the source may offer for this VM, best first: its own, newest first, then the newest of each other VM. Those that
     * were exchanged with this peer come before others: what a third host says of a VM must not stand in their way.
     */
    List<Message.Offer> offers(String vmUuid, String peer) {
        UUID vm = UUID.fromString(vmUuid);
        List<Baseline> newestFirst = new ArrayList<>(catalog.list());
        newestFirst.sort(Comparator.comparing(
                        (Baseline baseline) -> !baseline.peer().equals(peer))
                .thenComparing(Comparator.comparingLong(Baseline::capturedAt).reversed()));
        // the same memory may be there twice, from migrations with two peers
        Set<Message.Offer> offers = new LinkedHashSet<>();
        for (Baseline baseline : newestFirst) {
            if (baseline.vm().equals(vm)) {
                offers.add(offer(baseline));
            }
        }
        if (dedup == Dedup.HOST) {
            Set<UUID> seen = new HashSet<>();
            for (Baseline baseline : newestFirst) {
                if (!baseline.vm().equals(vm) && !baseline.isPartial() && seen.add(baseline.vm())) {
                    offers.add(offer(baseline));
                }
            }
        }
        return offers.stream().limit(Protocol.MAX_OFFERS).toList();
    }

    private static Message.Offer offer(Baseline baseline) {
        return new Message.Offer(baseline.root().toString(), baseline.vm().toString());
    }

    /**
     * Loads those of the offered baselines that are held here and worth their memory, in the order of the offer. Whose
     * memory one is follows from what is stored here, not from the offer.
     */
    Map<String, MemoryTable> held(List<Message.Offer> offers, String vmUuid) {
        Map<String, MemoryTable> held = new LinkedHashMap<>();
        int own = 0;
        int siblings = 0;
        long room = maxChunks;
        Map<String, Long> sizes = sizes();
        Set<String> ofVm = new HashSet<>();
        for (Baseline baseline : catalog.list()) {
            if (baseline.vm().toString().equals(vmUuid)) {
                ofVm.add(baseline.root().toString());
            }
        }
        for (Message.Offer offer : offers) {
            boolean same = ofVm.contains(offer.root());
            long size = sizes.getOrDefault(offer.root(), Long.MAX_VALUE);
            if (held.containsKey(offer.root())
                    || size > room
                    || (same ? own == OWN : siblings == SIBLINGS || dedup == Dedup.VM)) {
                continue;
            }
            room -= size;
            var table = catalog.load(new Root(offer.root()));
            if (table.isPresent()) {
                held.put(offer.root(), table.get());
                own += same ? 1 : 0;
                siblings += same ? 0 : 1;
            }
        }
        return held;
    }

    /** Chunks of the baselines that there are, by root. */
    private Map<String, Long> sizes() {
        Map<String, Long> sizes = new HashMap<>();
        for (Baseline baseline : catalog.list()) {
            sizes.put(baseline.root().toString(), chunks(baseline));
        }
        return sizes;
    }

    private static long chunks(Baseline baseline) {
        return baseline.layout().stream().mapToLong(BlockLayout::chunks).sum();
    }

    /**
     * Loads baselines that the peer says it holds. One that has been lost meanwhile is left out, and so are those that
     * would take more memory than one channel may have: how many it holds is only what the peer says.
     */
    Map<String, MemoryTable> load(List<String> roots) {
        Map<String, MemoryTable> tables = new LinkedHashMap<>();
        Map<String, Long> sizes = sizes();
        long room = maxChunks;
        for (String root : new LinkedHashSet<>(roots)) {
            long size = sizes.getOrDefault(root, Long.MAX_VALUE);
            if (size <= room) {
                room -= size;
                catalog.load(new Root(root)).ifPresent(table -> tables.put(root, table));
            }
        }
        return tables;
    }

    /**
     * The memory of a channel that starts from these baselines.
     *
     * @param agreed in the order of agreement
     * @param tableChunks how large the table may become
     */
    ChannelMemory memory(Collection<MemoryTable> agreed, boolean source, int tableChunks) {
        return new ChannelMemory(List.copyOf(agreed), source, tableChunks, space);
    }

    /** Notes that these baselines were of use. */
    void touch(Iterable<String> roots) {
        roots.forEach(root -> catalog.touch(new Root(root)));
    }

    @Override
    public void completed(ChannelId channel, MemoryTable table, String root, long capturedAt) {
        if (catalog.commit(UUID.fromString(channel.vmUuid()), channel.vm(), channel.peer(), table, capturedAt)
                .isPresent()) {
            LOG.info("{}: new baseline {}", channel, root.substring(0, 12));
        }
    }

    @Override
    public void interrupted(ChannelId channel, List<MemoryTable> tables) {
        UUID vm = UUID.fromString(channel.vmUuid());
        long now = System.currentTimeMillis();
        for (MemoryTable table : tables) {
            catalog.commitPartial(channel.migration(), vm, channel.vm(), channel.peer(), table, now);
        }
        LOG.info("{}: interrupted; what crossed stays known", channel);
    }
}
