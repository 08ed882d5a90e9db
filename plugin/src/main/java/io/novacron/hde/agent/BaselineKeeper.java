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
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.wire.ChannelType;
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

/**
 * Which baselines a channel of one type, memory or disk, starts from, and what becomes of its table when it ends.
 * Thread-safe.
 */
final class BaselineKeeper implements Baselines {
    private static final Logger LOG = LoggerFactory.getLogger(BaselineKeeper.class);

    /** How many baselines of the same VM a channel uses: the last complete one, and what an interrupted one left. */
    private static final int OWN = 2;

    /** The same for a disk: which of the VM's disks it carries is not known when they are agreed on. */
    private static final int OWN_DISKS = 8;

    /** How many baselines of other VMs it uses. */
    private static final int SIBLINGS = 3;

    private final BaselineCatalog catalog;
    private final Dedup dedup;
    private final int maxChunks;
    private final TableSpace space;
    private final ChannelType type;
    private final boolean disks;

    /**
     * Keeps those of memory.
     *
     * @param maxChunks how many chunks of tables one channel may load
     * @param space where a channel's tables are kept
     */
    BaselineKeeper(BaselineCatalog catalog, Dedup dedup, int maxChunks, TableSpace space) {
        this(catalog, dedup, maxChunks, space, ChannelType.MEMORY);
    }

    /** @param type whose baselines it keeps: memory or disk */
    BaselineKeeper(BaselineCatalog catalog, Dedup dedup, int maxChunks, TableSpace space, ChannelType type) {
        this.space = space;
        this.type = type;
        this.maxChunks = maxChunks;
        this.catalog = catalog;
        this.dedup = dedup;
        this.disks = type == ChannelType.DISK;
    }

    /** A VM's memory, or one of its disks. */
    private record Content(UUID vm, String disk) {
        static Content of(Baseline baseline) {
            return new Content(baseline.vm(), baseline.disk());
        }
    }

    private List<Baseline> list() {
        return catalog.list().stream()
                .filter(baseline -> baseline.isDisk() == disks)
                .toList();
    }

    /**
     * What the source may offer for this VM, best first: its own, newest first, then the newest of each other VM, of each
     * of their disks. Those that were exchanged with this peer come before others: what a third host says of a VM must not
     * stand in their way.
     */
    List<Message.Offer> offers(String vmUuid, String peer) {
        UUID vm = UUID.fromString(vmUuid);
        List<Baseline> newestFirst = new ArrayList<>(list());
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
            Set<Content> seen = new HashSet<>();
            for (Baseline baseline : newestFirst) {
                if (!baseline.vm().equals(vm) && !baseline.isPartial() && seen.add(Content.of(baseline))) {
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
        Map<String, Long> sizes = new HashMap<>();
        Map<String, Content> ofVm = new HashMap<>();
        for (Baseline baseline : list()) {
            sizes.put(baseline.root().toString(), chunks(baseline));
            if (baseline.vm().toString().equals(vmUuid)) {
                ofVm.put(baseline.root().toString(), Content.of(baseline));
            }
        }
        Set<Content> disksHeld = new HashSet<>();
        for (Message.Offer offer : offers) {
            Content content = ofVm.get(offer.root());
            boolean same = content != null;
            long size = sizes.getOrDefault(offer.root(), Long.MAX_VALUE);
            if (held.containsKey(offer.root())
                    || size > room
                    || (same ? own == (disks ? OWN_DISKS : OWN) : siblings == SIBLINGS || dedup == Dedup.VM)
                    || (disks && same && disksHeld.contains(content))) {
                continue;
            }
            var table = catalog.load(new Root(offer.root()));
            if (table.isPresent()) {
                room -= size;
                held.put(offer.root(), table.get());
                own += same ? 1 : 0;
                siblings += same ? 0 : 1;
                if (same) {
                    disksHeld.add(content);
                }
            }
        }
        return held;
    }

    /** Disks have many places in which nothing was ever written. */
    private long chunks(Baseline baseline) {
        return disks
                ? baseline.chunks()
                : baseline.layout().stream().mapToLong(BlockLayout::chunks).sum();
    }

    /**
     * Loads baselines that the peer says it holds. One that has been lost meanwhile is left out, and so are those that
     * would take more memory than one channel may have: how many it holds is only what the peer says.
     */
    Map<String, MemoryTable> load(List<String> roots) {
        Map<String, MemoryTable> tables = new LinkedHashMap<>();
        Map<String, Long> sizes = new HashMap<>();
        list().forEach(baseline -> sizes.put(baseline.root().toString(), chunks(baseline)));
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

    /** How large the table of a channel may become, in chunks: as much as it may load. */
    int tableChunks() {
        return maxChunks;
    }

    /**
     * The memory of a channel that starts from these baselines.
     *
     * @param agreed in the order of agreement
     * @param tableChunks how large the table may become
     * @param room for this end of the channel
     */
    ChannelMemory memory(Collection<MemoryTable> agreed, boolean source, int tableChunks, ChannelRoom room) {
        return new ChannelMemory(List.copyOf(agreed), source, tableChunks, space, room, type);
    }

    /** Notes that these baselines were of use. */
    void touch(Iterable<String> roots) {
        roots.forEach(root -> catalog.touch(new Root(root)));
    }

    @Override
    public void completed(ChannelId channel, MemoryTable table, String root, long capturedAt) {
        if (disks && table.layout().isEmpty()) {
            // a source that commits a disk without having named one
            return;
        }
        UUID vm = UUID.fromString(channel.vmUuid());
        boolean kept = disks
                ? catalog.commitDisk(vm, channel.vm(), disk(table), channel.peer(), table, capturedAt)
                        .isPresent()
                : catalog.commit(vm, channel.vm(), channel.peer(), table, capturedAt)
                        .isPresent();
        if (kept) {
            LOG.info("{}: new baseline {}", channel, root.substring(0, 12));
        }
    }

    @Override
    public void interrupted(ChannelId channel, List<MemoryTable> tables) {
        UUID vm = UUID.fromString(channel.vmUuid());
        long now = System.currentTimeMillis();
        for (MemoryTable table : tables) {
            String disk = disks ? disk(table) : "";
            catalog.commitPartial(channel.migration(), vm, channel.vm(), disk, channel.peer(), table, now);
        }
        LOG.info("{}: interrupted; what crossed stays known", channel);
    }

    /** A disk's table has one block, which is called as its export. */
    private static String disk(MemoryTable table) {
        return table.layout().get(0).name();
    }
}
