package io.novacron.hde.agent;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.Baselines;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final PageStore store;
    private final Dedup dedup;

    BaselineKeeper(BaselineCatalog catalog, PageStore store, Dedup dedup) {
        this.catalog = catalog;
        this.store = store;
        this.dedup = dedup;
    }

    /** What the source may offer for this VM, best first: its own, newest first, then the newest of each other VM. */
    List<Message.Offer> offers(String vmUuid) {
        List<Baseline> newestFirst = new ArrayList<>(catalog.list());
        newestFirst.sort(Comparator.comparingLong(Baseline::capturedAt).reversed());
        List<Message.Offer> offers = new ArrayList<>();
        for (Baseline baseline : newestFirst) {
            if (baseline.vmUuid().equals(vmUuid)) {
                offers.add(offer(baseline));
            }
        }
        if (dedup == Dedup.HOST) {
            Set<String> seen = new HashSet<>();
            for (Baseline baseline : newestFirst) {
                if (!baseline.vmUuid().equals(vmUuid) && !baseline.partial() && seen.add(baseline.vmUuid())) {
                    offers.add(offer(baseline));
                }
            }
        }
        return offers.subList(0, Math.min(offers.size(), Protocol.MAX_OFFERS));
    }

    private static Message.Offer offer(Baseline baseline) {
        return new Message.Offer(baseline.root().toString(), baseline.vmUuid());
    }

    /** Loads those of the offered baselines that are held here and worth their memory, in the order of the offer. */
    Map<String, MemoryTable> held(List<Message.Offer> offers, String vmUuid) {
        Map<String, MemoryTable> held = new LinkedHashMap<>();
        int own = 0;
        int siblings = 0;
        for (Message.Offer offer : offers) {
            boolean same = offer.vmUuid().equals(vmUuid);
            if (same ? own == OWN : siblings == SIBLINGS || dedup == Dedup.VM) {
                continue;
            }
            var table = catalog.load(offer.root());
            if (table.isPresent()) {
                held.put(offer.root(), table.get());
                own += same ? 1 : 0;
                siblings += same ? 0 : 1;
            }
        }
        return held;
    }

    /** Loads the agreed baselines; one that has been lost meanwhile is left out. */
    Map<String, MemoryTable> load(List<String> roots) {
        Map<String, MemoryTable> tables = new LinkedHashMap<>();
        for (String root : roots) {
            catalog.load(root).ifPresent(table -> tables.put(root, table));
        }
        return tables;
    }

    /** Notes that these baselines were of use. */
    void touch(Iterable<String> roots) {
        roots.forEach(catalog::touch);
    }

    @Override
    public void completed(ChannelId channel, MemoryTable table, String root, long capturedAt) {
        catalog.commit(channel.vmUuid(), channel.vm(), table, capturedAt);
        LOG.info("{}: new baseline {}", channel, root.substring(0, 12));
    }

    @Override
    public void interrupted(ChannelId channel, List<MemoryTable> tables) {
        catalog.commitPartial(channel.vmUuid(), channel.vm(), channel.migration(), tables, System.currentTimeMillis());
        LOG.info("{}: interrupted; what crossed stays known", channel);
    }
}
