package io.novacron.hde.agent;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.control.Release;
import io.novacron.hde.metrics.HostFacts;
import io.novacron.hde.store.PageStore;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the agent's parts tell a monitoring system. */
final class AgentFacts implements HostFacts {
    private final Collection<String> peers;
    private final PageStore store;
    private final BaselineCatalog catalog;
    private final DictionaryKeeper dictionaries;
    private final SourceMigrations source;
    private final BooleanSupplier ready;

    AgentFacts(
            Collection<String> peers,
            PageStore store,
            BaselineCatalog catalog,
            DictionaryKeeper dictionaries,
            SourceMigrations source,
            BooleanSupplier ready) {
        this.peers = List.copyOf(peers);
        this.store = store;
        this.catalog = catalog;
        this.dictionaries = dictionaries;
        this.source = source;
        this.ready = ready;
    }

    @Override
    public String version() {
        return Release.name();
    }

    @Override
    public boolean ready() {
        return ready.getAsBoolean();
    }

    @Override
    public long storeLiveBytes() {
        return store.liveBytes();
    }

    @Override
    public long storeFileBytes() {
        return store.fileBytes();
    }

    @Override
    public long storeMaxBytes() {
        return store.limits().maxBytes();
    }

    @Override
    public Map<String, Long> baselines() {
        List<Baseline> all = catalog.list();
        long disks = all.stream().filter(Baseline::isDisk).count();
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("memory", all.size() - disks);
        counts.put("disk", disks);
        return counts;
    }

    @Override
    public Map<DictionaryKind, Long> dictionaries() {
        return dictionaries.list().stream()
                .collect(Collectors.groupingBy(
                        dictionary ->
                                new DictionaryKind(dictionary.scope(), dictionary.peer() == null ? "own" : "peer"),
                        Collectors.counting()));
    }

    @Override
    public long dictionariesTrained() {
        return dictionaries.trained();
    }

    @Override
    public OptionalLong lastDictionary() {
        return dictionaries.list().stream()
                .map(DictionarySummary::made)
                .mapToLong(Instant::toEpochMilli)
                .max();
    }

    @Override
    public Map<String, Boolean> peersFailing() {
        return peers.stream().collect(Collectors.toMap(Function.identity(), peer -> source.lastError(peer) != null));
    }
}
