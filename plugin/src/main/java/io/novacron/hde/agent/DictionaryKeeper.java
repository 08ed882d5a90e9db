package io.novacron.hde.agent;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.control.DictionaryTraining;
import io.novacron.hde.dictionary.Dictionary;
import io.novacron.hde.dictionary.DictionaryCatalog;
import io.novacron.hde.dictionary.DictionaryExchange;
import io.novacron.hde.dictionary.DictionaryTrainer;
import io.novacron.hde.dictionary.ResourceType;
import io.novacron.hde.dictionary.SamplePool;
import io.novacron.hde.dictionary.Scope;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.dictionary.TrainerOptions;
import io.novacron.hde.dictionary.TrainingResult;
import io.novacron.hde.store.PageStore;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** The agent's dictionaries: which one a channel uses, what becomes of those of a VM, and what the command line sees. */
final class DictionaryKeeper implements AutoCloseable {
    /** The control socket gives a client ten seconds in all. */
    private static final long TRAINING_SECONDS = 7;

    private final DictionaryCatalog catalog;
    private final DictionaryExchange exchange;
    private final SamplePool samples;
    private final Optional<DictionaryTrainer> trainer;

    /** @param idle whether nothing migrates */
    DictionaryKeeper(HdeConfig config, PageStore store, BaselineCatalog baselines, BooleanSupplier idle) {
        Clock clock = Clock.systemUTC();
        HdeConfig.Dictionary options = config.dictionary();
        boolean shared = config.dedup() == Dedup.HOST;
        catalog = new DictionaryCatalog(store);
        exchange = new DictionaryExchange(catalog, options.enabled(), shared, clock);
        samples = new SamplePool(options.maxSamples());
        trainer = options.enabled()
                ? Optional.of(new DictionaryTrainer(
                        store,
                        catalog,
                        samples,
                        new TrainerOptions(
                                options.updateInterval(),
                                options.maxSamples(),
                                options.maxSize(),
                                config.baseline().maxAge(),
                                shared),
                        new BaselineFamilies(baselines, TableLimit.chunks()),
                        idle,
                        clock))
                : Optional.empty();
    }

    /** What both ends of a tunnel agree by. */
    DictionaryExchange exchange() {
        return exchange;
    }

    /** What a source channel's packers get. */
    SourceDictionaries forSource(ChannelId id, Optional<Dictionary> chosen) {
        return trainer.isEmpty()
                ? SourceDictionaries.NONE
                : new SourceDictionaries(
                        chosen.map(Dictionary::content), samples.of(UUID.fromString(id.vmUuid()), id.vm()));
    }

    /**
     * The same for a channel that carries a disk: what is in the VM's memory was mostly read from there. None are trained
     * on disks.
     */
    SourceDictionaries forDisk(Optional<Dictionary> chosen) {
        return new SourceDictionaries(chosen.map(Dictionary::content), SourceDictionaries.NONE.samples());
    }

    /** A VM was undefined: what was made of its memory alone goes. Returns how many dictionaries there were. */
    int dropVm(UUID vm) {
        samples.drop(vm);
        return catalog.dropVm(vm);
    }

    /** How many dictionaries were trained and kept since the start. */
    long trained() {
        return trainer.map(DictionaryTrainer::trained).orElse(0L);
    }

    /** See {@link io.novacron.hde.control.ControlHandler#dictionaries}. */
    List<DictionarySummary> list() {
        return catalog.list().stream().map(DictionaryKeeper::summary).toList();
    }

    /** See {@link io.novacron.hde.control.ControlHandler#dictionary}. */
    DictionarySummary show(String digestPrefix) throws ControlException {
        List<DictionarySummary> matching = list().stream()
                .filter(dictionary ->
                        digestPrefix.length() >= 4 && dictionary.digest().startsWith(digestPrefix))
                .toList();
        if (matching.isEmpty()) {
            throw new ControlException(
                    "there is no dictionary whose id begins with " + digestPrefix + "; see hde dictionary list");
        }
        if (matching.stream().map(DictionarySummary::digest).distinct().count() > 1) {
            throw new ControlException("more than one dictionary's id begins with " + digestPrefix);
        }
        return matching.get(0);
    }

    /** See {@link io.novacron.hde.control.ControlHandler#trainDictionaries}. */
    List<DictionaryTraining> train(String typeName) throws ControlException {
        Optional<ResourceType> type = Optional.empty();
        if (typeName != null) {
            type = ResourceType.byName(typeName);
            if (type.isEmpty()) {
                throw new ControlException("there is no type " + typeName + "; there are "
                        + Arrays.stream(ResourceType.values())
                                .map(ResourceType::typeName)
                                .collect(Collectors.joining(", ")));
            }
        }
        if (trainer.isEmpty()) {
            throw new ControlException("dictionaries are switched off by dictionary.enabled");
        }
        try {
            return trainer.get().train(type).get(TRAINING_SECONDS, TimeUnit.SECONDS).stream()
                    .map(DictionaryKeeper::training)
                    .toList();
        } catch (TimeoutException e) {
            throw new ControlException("the training goes on; its results will be in the agent's log", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the training failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException("the agent is stopping", e);
        }
    }

    private static DictionarySummary summary(Dictionary dictionary) {
        Scope scope = dictionary.scope();
        List<UUID> vms = List.of();
        String vm = null;
        if (scope instanceof Scope.Vm of) {
            vms = List.of(of.vm());
            vm = of.name();
        } else if (scope instanceof Scope.Family of) {
            vms = of.members();
        }
        return new DictionarySummary(
                dictionary.digest(),
                dictionary.type().typeName(),
                scope.scopeName(),
                vm,
                vms.stream().map(UUID::toString).toList(),
                dictionary.isOwn() ? null : dictionary.peer(),
                Integer.toUnsignedLong(dictionary.content().version()),
                dictionary.content().bytes().length,
                Instant.ofEpochMilli(dictionary.madeAt()),
                dictionary.samples(),
                dictionary.plainBytes(),
                dictionary.packedBytes());
    }

    private static DictionaryTraining training(TrainingResult result) {
        return new DictionaryTraining(
                result.type().typeName(),
                result.scope().map(Scope::scopeName).orElse(null),
                result.scope()
                        .map(scope -> scope instanceof Scope.Vm vm ? vm.name() : null)
                        .orElse(null),
                result.result());
    }

    @Override
    public void close() {
        trainer.ifPresent(DictionaryTrainer::close);
    }
}
