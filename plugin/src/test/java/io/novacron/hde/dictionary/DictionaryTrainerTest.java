package io.novacron.hde.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.frame.Pages;
import io.novacron.hde.frame.WordPages;
import io.novacron.hde.page.Page;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DictionaryTrainerTest {
    private static final UUID VM = new UUID(0, 1);
    private static final UUID OTHER = new UUID(0, 2);
    private static final UUID THIRD = new UUID(0, 3);

    @TempDir
    Path directory;

    private final SamplePool samples = new SamplePool(1000);
    private Clock clock = Clock.systemUTC();
    private PageStore store;
    private DictionaryCatalog catalog;

    @BeforeEach
    void open() throws StoreException {
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(256 << 20));
        catalog = new DictionaryCatalog(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Stores pages and has all of them sampled. */
    private void cross(UUID vm, ByteBuffer pages) {
        int count = pages.capacity() / Page.SIZE;
        PageSamples of = samples.of(vm, "vm" + vm.getLeastSignificantBits());
        for (int page = 0; page < count; page++) {
            ByteBuffer one = ByteBuffer.allocateDirect(Page.SIZE).put(0, pages, page * Page.SIZE, Page.SIZE);
            assertThat(store.append(Pages.frame(one))).isTrue();
            long[] ids = Arrays.copyOf(Pages.ids(one), 2 * PageSamples.INTERVAL);
            of.offer(ids, PageSamples.INTERVAL);
        }
    }

    private List<TrainingResult> train(boolean shared, List<Set<UUID>> families, Optional<ResourceType> type) {
        return train(shared, families, type, 8 << 10);
    }

    private List<TrainingResult> train(int maxBytes) {
        return train(true, List.of(), Optional.of(ResourceType.VM_MEMORY), maxBytes);
    }

    private List<TrainingResult> train(
            boolean shared, List<Set<UUID>> families, Optional<ResourceType> type, int maxBytes) {
        TrainerOptions options = new TrainerOptions(Duration.ofHours(24), 1000, maxBytes, Duration.ofDays(7), shared);
        try (DictionaryTrainer trainer =
                new DictionaryTrainer(store, catalog, samples, options, vms -> families, () -> true, clock)) {
            return trainer.train(type).join();
        }
    }

    private List<TrainingResult> train() {
        return train(true, List.of(), Optional.of(ResourceType.VM_MEMORY));
    }

    private Dictionary general() {
        return catalog.own(ResourceType.VM_MEMORY).stream()
                .filter(dictionary -> dictionary.scope() instanceof Scope.General)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void oneForTheHostIsEnoughForAVmThatIsLikeTheOthers() {
        cross(VM, new WordPages(1).pages(0, 200));
        cross(OTHER, new WordPages(1).pages(1000, 200));

        List<TrainingResult> results = train();

        assertThat(results).hasSize(3);
        assertThat(results.get(0).result())
                .startsWith("new one " + general().digest().substring(0, 12));
        assertThat(results.get(1).result()).endsWith("with that of this host, which is used");
        assertThat(results.get(2).result()).endsWith("with that of this host, which is used");
        assertThat(catalog.list()).hasSize(1);
        assertThat(general().samples()).isEqualTo(400);
        assertThat(general().packedBytes()).isPositive().isLessThan(general().plainBytes() * 9 / 10);
        assertThat(general().content().bytes()).hasSizeLessThanOrEqualTo(8 << 10);
    }

    @Test
    void aVmAndAFamilyThatAreUnlikeTheOthersGetTheirOwn() {
        cross(VM, new WordPages(1).pages(0, 300));
        cross(OTHER, new WordPages(2).pages(0, 300));
        cross(THIRD, new WordPages(2).pages(1000, 300));

        train(true, List.of(Set.of(OTHER, THIRD)), Optional.empty());

        DictionaryExchange exchange = new DictionaryExchange(catalog, true, true, Clock.systemUTC());
        assertThat(exchange.candidates(VM))
                .extracting(dictionary -> dictionary.scope().scopeName())
                .containsExactly("vm", "general");
        assertThat(exchange.candidates(OTHER))
                .extracting(dictionary -> dictionary.scope().scopeName())
                .containsExactly("family", "general");
        assertThat(exchange.candidates(THIRD))
                .extracting(Dictionary::digest)
                .isEqualTo(exchange.candidates(OTHER).stream()
                        .map(Dictionary::digest)
                        .toList());
        assertThat(exchange.candidates(new UUID(9, 9)))
                .extracting(dictionary -> dictionary.scope().scopeName())
                .containsExactly("general");
    }

    @Test
    void withoutSharingThereAreOnlyThoseOfVms() {
        cross(VM, new WordPages(1).pages(0, 200));
        cross(OTHER, new WordPages(1).pages(1000, 200));
        assertThat(train(false, List.of(Set.of(VM, OTHER)), Optional.of(ResourceType.VM_MEMORY)))
                .hasSize(2);
        assertThat(catalog.list())
                .hasSize(2)
                .allSatisfy(dictionary -> assertThat(dictionary.scope()).isInstanceOf(Scope.Vm.class));
        assertThat(new DictionaryExchange(catalog, true, false, Clock.systemUTC()).candidates(VM))
                .singleElement()
                .satisfies(dictionary -> assertThat(dictionary.scope()).isEqualTo(new Scope.Vm(VM, "vm1")));
    }

    @Test
    void oneThatHelpsNobodyIsNotKept() {
        cross(VM, Pages.some(1, 200));
        assertThat(train())
                .allSatisfy(result -> assertThat(result.result())
                        .startsWith("held-back pages are only ")
                        .endsWith("smaller with it; what there was before stays"));
        assertThat(catalog.list()).isEmpty();
    }

    @Test
    void pagesThatAreAllAlikeGainNothingAndTheOldOneStays() {
        cross(VM, new WordPages(1).pages(0, 200));
        train();
        Dictionary before = general();
        samples.drop(VM);
        ByteBuffer alike = ByteBuffer.allocateDirect(200 * Page.SIZE);
        for (int page = 0; page < 200; page++) {
            alike.putInt(page * Page.SIZE, page + 1);
        }
        cross(OTHER, alike);
        List<TrainingResult> results = train();
        assertThat(results)
                .isNotEmpty()
                .allSatisfy(result -> assertThat(result.result()).contains("what there was before stays"));
        assertThat(general().digest()).isEqualTo(before.digest());
    }

    @Test
    void trainingThatFailsLeavesTheOldOne() {
        cross(VM, new WordPages(1).pages(0, 200));
        train();
        Dictionary before = general();
        // zstd's least is 256 bytes
        assertThat(train(100))
                .allSatisfy(result -> assertThat(result.result())
                        .startsWith("failed, and what there was before stays: zstd makes no dictionary of these "));
        assertThat(general().digest()).isEqualTo(before.digest());
    }

    @Test
    void fewSamplesMakeNone() {
        cross(VM, new WordPages(1).pages(0, DictionaryTrainer.LEAST_SAMPLES - 1));
        assertThat(train()).allSatisfy(result -> assertThat(result.result()).isEqualTo("too few samples, 99 of 100"));
        assertThat(catalog.list()).isEmpty();
    }

    @Test
    void pagesThatTheStoreHasForgottenAreNoSamples() {
        PageSamples of = samples.of(VM, "vm");
        for (int i = 0; i < 200; i++) {
            long[] ids = new long[2 * PageSamples.INTERVAL];
            ids[0] = 1L + i;
            of.offer(ids, PageSamples.INTERVAL);
        }
        assertThat(train()).allSatisfy(result -> assertThat(result.result()).isEqualTo("too few samples, 0 of 100"));
    }

    @Test
    void oneThatIsNoBetterThanTheOldOneIsNotKept() {
        cross(VM, new WordPages(1).pages(0, 200));
        train();
        String before = general().digest();
        cross(VM, new WordPages(1).pages(500, 100));
        assertThat(train().get(0).result()).endsWith("with the one of before, which stays");
        assertThat(general().digest()).isEqualTo(before);

        samples.drop(VM);
        cross(VM, new WordPages(2).pages(0, 200));
        assertThat(train().get(0).result()).startsWith("new one ");
        assertThat(general().digest()).isNotEqualTo(before);
        assertThat(catalog.list()).hasSize(1);
    }

    @Test
    void oneThatIsNoBetterTakesThePlaceOfOneThatIsAgeing() {
        cross(VM, new WordPages(1).pages(0, 200));
        train();
        long before = general().madeAt();
        clock = Clock.offset(clock, Duration.ofDays(3));
        assertThat(train().get(0).result()).endsWith("with the one of before, which stays");
        clock = Clock.offset(clock, Duration.ofDays(1));
        assertThat(train().get(0).result()).startsWith("new one ");
        assertThat(general().madeAt()).isGreaterThan(before);
        assertThat(catalog.list()).hasSize(1);
    }

    @Test
    void aVmsOwnGoesWhenTheMoreGeneralOneIsAsGood() {
        cross(VM, new WordPages(1).pages(0, 200));
        train(false, List.of(), Optional.empty());
        assertThat(catalog.list()).extracting(each -> each.scope().scopeName()).containsExactly("vm");
        samples.drop(VM);
        cross(VM, new WordPages(2).pages(0, 200));
        train();
        assertThat(catalog.list()).extracting(each -> each.scope().scopeName()).containsExactly("general");
    }

    @Test
    void whatIsNotSampledIsSaidToBe() {
        assertThat(train(true, List.of(), Optional.of(ResourceType.VM_DISK)))
                .containsExactly(
                        new TrainingResult(ResourceType.VM_DISK, Optional.empty(), "nothing of this type is sampled"));
        assertThat(train(true, List.of(), Optional.empty()))
                .extracting(TrainingResult::result)
                .containsExactly(
                        "no samples yet", "nothing of this type is sampled", "nothing of this type is sampled");
    }

    @Test
    void heldBackPagesAreNotTrainedOn() {
        // Without that, pages that nobody could foretell would seem to gain from a dictionary that contains them.
        ByteBuffer unlike = ByteBuffer.allocateDirect(120 * Page.SIZE);
        for (int page = 0; page < 120; page++) {
            unlike.put(page * Page.SIZE, new WordPages(100 + page).page(1));
        }
        cross(VM, unlike);
        train();
        assertThat(catalog.list()).isEmpty();
    }
}
