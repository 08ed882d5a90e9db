package io.novacron.hde.dictionary;

import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.page.PageId;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains dictionaries on one thread of low priority: on demand, and when the interval is over, enough new samples have
 * come and nothing migrates.
 *
 * <p>A fifth of the samples, the same fifth always, is held back from training. The dictionary of the host is kept if it
 * makes these smaller by a tenth, that of a family or a VM if it makes those of the family or the VM smaller than the more
 * general dictionary does, by enough to be worth sending; and none takes the place of an older one that is as good, unless
 * that has come to half of its greatest age. So the most special dictionary that there is for a VM is the best one for it.
 */
public final class DictionaryTrainer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DictionaryTrainer.class);

    /** Fewer samples than this make no dictionary. */
    static final int LEAST_SAMPLES = 100;

    /** What of the held-back samples' size without any dictionary one must save. */
    private static final double LEAST_SAVED = 0.1;

    /** The same, beyond what another one saves that is there already: a new one has to be sent to each peer. */
    private static final double LEAST_SAVED_MORE = 0.02;

    private static final long LOOK_SECONDS = 60;
    private static final long STOP_SECONDS = 20;

    private final PageStore store;
    private final DictionaryCatalog catalog;
    private final SamplePool samples;
    private final TrainerOptions options;
    private final Families families;
    private final BooleanSupplier idle;
    private final Clock clock;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(DictionaryTrainer::newThread);
    private final ScheduledFuture<?> looking;
    private final AtomicLong trained = new AtomicLong();
    // Only on the thread.
    private long lastTraining;

    /**
     * Starts the thread; to be closed before the store.
     *
     * @param idle whether nothing migrates
     */
    public DictionaryTrainer(
            PageStore store,
            DictionaryCatalog catalog,
            SamplePool samples,
            TrainerOptions options,
            Families families,
            BooleanSupplier idle,
            Clock clock) {
        this.store = store;
        this.catalog = catalog;
        this.samples = samples;
        this.options = options;
        this.families = families;
        this.idle = idle;
        this.clock = clock;
        this.lastTraining = catalog.own(ResourceType.VM_MEMORY).stream()
                .mapToLong(Dictionary::madeAt)
                .max()
                .orElse(0);
        this.looking = thread.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    // Java heeds priorities on Linux only when told to; that nothing migrates meanwhile is what matters.
    @SuppressWarnings("ThreadPriorityCheck")
    private static Thread newThread(Runnable work) {
        Thread thread = new Thread(work, "dictionary-trainer");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        return thread;
    }

    /**
     * Trains now, whatever the time, with what samples there are.
     *
     * @param type empty for all types
     */
    public CompletableFuture<List<TrainingResult>> train(Optional<ResourceType> type) {
        return CompletableFuture.supplyAsync(
                () -> {
                    List<TrainingResult> results = new ArrayList<>();
                    for (ResourceType each : type.map(List::of).orElse(List.of(ResourceType.values()))) {
                        results.addAll(
                                each == ResourceType.VM_MEMORY
                                        ? trainMemory()
                                        : List.of(new TrainingResult(
                                                each, Optional.empty(), "nothing of this type is sampled")));
                    }
                    return results;
                },
                thread);
    }

    /** How many new dictionaries were kept since the start. */
    public long trained() {
        return trained.get();
    }

    /** Stops the thread when it has done what it is at. */
    @Override
    public void close() {
        // not interrupted: that would close the store's file under all others
        looking.cancel(false);
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("stopping without waiting any longer for the training of a dictionary");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the thread does every minute. */
    private void look() {
        try {
            long now = clock.millis();
            int old = catalog.dropOlderThan(now - options.maxAge().toMillis());
            if (old > 0) {
                LOG.info("Dropped {} dictionaries older than {}", old, options.maxAge());
            }
            if (isDue(now) && idle.getAsBoolean()) {
                trainMemory();
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("Training dictionaries failed; those that there are stay", e);
        }
    }

    private boolean isDue(long now) {
        long fresh = samples.all().values().stream()
                .mapToLong(vm -> vm.samples().fresh())
                .sum();
        return now - lastTraining >= options.interval().toMillis() && fresh >= LEAST_SAMPLES;
    }

    private List<TrainingResult> trainMemory() {
        lastTraining = clock.millis();
        Map<UUID, SamplePool.OfVm> vms = samples.all();
        List<TrainingResult> results = new ArrayList<>();
        Training training = new Training(options.maxSamples());
        try (PageReader reader = store.newReader()) {
            if (vms.isEmpty()) {
                results.add(new TrainingResult(ResourceType.VM_MEMORY, Optional.empty(), "no samples yet"));
            } else if (options.shared()) {
                results.add(train(reader, training, new Scope.General(), newest(vms.values()), Optional.empty()));
                for (Set<UUID> family : families.among(vms.keySet())) {
                    List<SamplePool.OfVm> members =
                            family.stream().map(vms::get).toList();
                    Scope scope = new Scope.Family(family.stream().sorted().toList());
                    results.add(train(reader, training, scope, newest(members), general()));
                }
            }
            vms.forEach((vm, ofVm) -> {
                Scope scope = new Scope.Vm(vm, ofVm.name());
                results.add(train(reader, training, scope, ofVm.samples().newest(), wider(vm)));
                ofVm.samples().trained();
            });
        }
        return results;
    }

    private Optional<Dictionary> general() {
        return catalog.own(ResourceType.VM_MEMORY).stream()
                .filter(dictionary -> dictionary.scope() instanceof Scope.General && options.shared())
                .findFirst();
    }

    /** The best that a VM has beside one of its own. */
    private Optional<Dictionary> wider(UUID vm) {
        return catalog.own(ResourceType.VM_MEMORY).stream()
                .filter(dictionary -> options.shared()
                        && dictionary.scope() instanceof Scope.Family family
                        && family.members().contains(vm))
                .findFirst()
                .or(this::general);
    }

    /** Samples of several VMs, one of each in turn. */
    private static List<PageId> newest(Collection<SamplePool.OfVm> vms) {
        List<Iterator<PageId>> turns = new ArrayList<>();
        vms.forEach(vm -> turns.add(vm.samples().newest().iterator()));
        List<PageId> ids = new ArrayList<>();
        while (!turns.isEmpty()) {
            turns.removeIf(turn -> !turn.hasNext());
            turns.forEach(turn -> ids.add(turn.next()));
        }
        return ids.stream().distinct().toList();
    }

    private TrainingResult train(
            PageReader reader, Training training, Scope scope, List<PageId> ids, Optional<Dictionary> wider) {
        training.fill(reader, ids);
        String result;
        if (training.size() < LEAST_SAMPLES || training.heldBack() == 0) {
            result = "too few samples, " + training.size() + " of " + LEAST_SAMPLES;
        } else {
            try {
                result = judge(scope, training, training.train(options.maxBytes()), wider);
            } catch (TrainingException e) {
                result = "failed, and what there was before stays: " + e.getMessage();
            }
        }
        LOG.info("dictionary {} of {}: {}", ResourceType.VM_MEMORY.typeName(), describe(scope), result);
        return new TrainingResult(ResourceType.VM_MEMORY, Optional.of(scope), result);
    }

    /** Keeps what was trained, or does not. Returns what was done and why. */
    private String judge(Scope scope, Training training, FrameDictionary candidate, Optional<Dictionary> wider) {
        Optional<Dictionary> old = catalog.own(ResourceType.VM_MEMORY).stream()
                .filter(dictionary -> isSame(dictionary.scope(), scope))
                .findFirst();
        long plain = training.packedBytes(Optional.empty());
        long packed = training.packedBytes(Optional.of(candidate));
        long withOld = bytes(training, old);
        long withWider = bytes(training, wider);
        String saves = percent(packed, plain) + " smaller";
        if (wider.isPresent() && old.isPresent() && withOld >= withWider) {
            catalog.dropIf(dictionary -> dictionary.isOwn() && isSame(dictionary.scope(), scope));
        }
        if (plain - packed < LEAST_SAVED * plain) {
            return "held-back pages are only " + saves + " with it; what there was before stays";
        }
        if (wider.isPresent() && withWider - packed < LEAST_SAVED_MORE * plain) {
            return "held-back pages are " + saves + " with it, and " + percent(withWider, plain) + " with that of "
                    + describe(wider.get().scope()) + ", which is used";
        }
        if (old.isPresent() && !isAgeing(old.get()) && withOld - packed < LEAST_SAVED_MORE * plain) {
            return "held-back pages are " + saves + " with it, and " + percent(withOld, plain)
                    + " with the one of before, which stays";
        }
        Dictionary dictionary = new Dictionary(
                ResourceType.VM_MEMORY,
                scope,
                "",
                Dictionary.digest(candidate.bytes()),
                clock.millis(),
                training.size(),
                plain,
                packed,
                candidate);
        if (!catalog.put(dictionary, other -> other.type() == ResourceType.VM_MEMORY && isSame(other.scope(), scope))) {
            return "the store could not take it; what there was before stays";
        }
        trained.incrementAndGet();
        return "new one " + dictionary.digest().substring(0, 12) + ", held-back pages are " + saves + " with it";
    }

    /** Whether a dictionary will have to go before long, so that one that is as good had better take its place. */
    private boolean isAgeing(Dictionary dictionary) {
        return clock.millis() - dictionary.madeAt() > options.maxAge().toMillis() / 2;
    }

    private static long bytes(Training training, Optional<Dictionary> dictionary) {
        return dictionary
                .map(each -> training.packedBytes(Optional.of(each.content())))
                .orElse(Long.MAX_VALUE);
    }

    /** Whether a dictionary of the one takes the place of one of the other. */
    private static boolean isSame(Scope one, Scope other) {
        if (one instanceof Scope.Vm vm) {
            return other instanceof Scope.Vm that && vm.vm().equals(that.vm());
        } else if (one instanceof Scope.Family family) {
            return other instanceof Scope.Family that && !Collections.disjoint(family.members(), that.members());
        }
        return other instanceof Scope.General;
    }

    private static String describe(Scope scope) {
        if (scope instanceof Scope.Vm vm) {
            return vm.name();
        } else if (scope instanceof Scope.Family family) {
            return "a family of " + family.members().size();
        }
        return "this host";
    }

    private static String percent(long bytes, long ofBytes) {
        return String.format(Locale.ROOT, "%.1f %%", 100.0 * (ofBytes - bytes) / ofBytes);
    }
}
