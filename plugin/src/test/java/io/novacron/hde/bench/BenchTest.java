package io.novacron.hde.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    private static final int PAGES = 400;
    private static final int ZERO = 100;
    private static final int NOISE = 60;

    @TempDir
    private Path directory;

    /** Every fourth page is zero; of the others some are noise, and the rest are text that is different on each page. */
    private static byte[] memory() {
        Random random = new Random(1);
        byte[] memory = new byte[PAGES * Page.SIZE];
        for (int page = 0; page < PAGES; page++) {
            byte[] content = new byte[Page.SIZE];
            random.nextBytes(content);
            if (page % 4 != 0) {
                boolean noise = page % 4 == 1 && page < 4 * NOISE;
                for (int i = 0; i < Page.SIZE && !noise; i++) {
                    content[i] = (byte) ('a' + (content[i] & 3));
                }
                System.arraycopy(content, 0, memory, page * Page.SIZE, Page.SIZE);
            }
        }
        return memory;
    }

    private Path image(String name, byte[] memory) throws IOException {
        return Files.write(directory.resolve(name), memory);
    }

    private static BenchReport run(BenchOptions options) throws BenchException {
        return Bench.run(options, line -> {});
    }

    @Test
    void everyCaseIsMeasuredAndComesBackExactly() throws Exception {
        byte[] memory = memory();
        Path image = image("image", memory);
        byte[] changed = memory.clone();
        for (int page = 0; page < PAGES; page += 5) {
            changed[page * Page.SIZE + 17] ^= 1;
        }
        Path before = image("before", changed);
        // Longer: another layout, so that nothing is at its place, but all is known.
        Path longer = image("longer", Arrays.copyOf(memory, memory.length + 8 * Page.SIZE));

        BenchReport report = run(new BenchOptions(image, List.of(before, longer), List.of(), 3, 2, false, 2, work()));

        assertThat(report.pages()).isEqualTo(PAGES);
        assertThat(report.zeroPages()).isEqualTo(ZERO);
        assertThat(report.zstd1MbS()).isNull();
        assertThat(report.cases())
                .extracting(BenchReport.Case::base)
                .containsExactly(BenchReport.NONE, BenchReport.ITSELF, before.toString(), longer.toString());
        for (BenchReport.Case each : report.cases()) {
            assertThat(each.tiers().values().stream().mapToLong(pages -> pages).sum())
                    .isEqualTo(PAGES);
            assertThat(each.tiers()).containsEntry("zero", (long) ZERO);
            long frames = each.algorithms().values().stream()
                    .mapToLong(BenchReport.Frames::bytes)
                    .sum();
            assertThat(frames + each.scriptBytes()).isEqualTo(each.hdeBytes());
            assertThat(each.estimate().pages()).isPositive();
            assertThat(each.estimate().bytes()).isPositive();
            assertThat(each.estimate().ratio() * each.hdeBytes())
                    .isCloseTo((double) each.estimate().bytes(), within(1.0));
            assertThat(each.encodeMbS()).isPositive();
            assertThat(each.decodeMbS()).isPositive();
            assertThat(each.threadsEncodeMbS()).isPositive();
            assertThat(each.threadsRatio()).isPositive();
        }
        BenchReport.Case none = report.cases().get(0);
        assertThat(none.hdeBytes()).isGreaterThan(NOISE * Page.SIZE);
        assertThat(none.tiers().get("new") + none.tiers().get("raw")).isEqualTo(PAGES - ZERO);
        assertThat(none.algorithms().keySet()).isSubsetOf("zstd", "stored");
        BenchReport.Case itself = report.cases().get(1);
        assertThat(itself.tiers()).containsEntry("kept", (long) PAGES - ZERO);
        assertThat(itself.algorithms()).isEmpty();
        BenchReport.Case fromBefore = report.cases().get(2);
        assertThat(fromBefore.tiers().get("delta")).isPositive();
        assertThat(fromBefore.tiers().get("kept")).isPositive();
        assertThat(fromBefore.algorithms().keySet())
                .anyMatch(name -> name.startsWith("delta-"))
                .doesNotContain("delta-unknown");
        BenchReport.Case fromLonger = report.cases().get(3);
        assertThat(fromLonger.tiers()).containsEntry("known", (long) PAGES - ZERO);
    }

    @Test
    void anImageThatIsAllZeroHasNothingToEncode() throws Exception {
        Path image = image("image", new byte[64 * Page.SIZE]);

        BenchReport report = run(new BenchOptions(image, List.of(), List.of(), 3, 1, false, 1, work()));

        assertThat(report.zeroPages()).isEqualTo(64);
        assertThat(report.cases()).hasSize(2).allSatisfy(each -> {
            assertThat(each.hdeBytes()).isLessThan(Page.SIZE);
            assertThat(each.threadsRatio()).isNull();
        });
    }

    @Test
    void theSeedsInputsAreMeasuredWhenAskedFor() throws Exception {
        Path image = image("image", new byte[Page.SIZE]);

        BenchReport without = run(new BenchOptions(image, List.of(), List.of(), 3, 1, false, 1, work()));
        BenchReport with = run(new BenchOptions(image, List.of(), List.of(), 3, 1, true, 1, work()));

        assertThat(without.seedInputs()).isEmpty();
        assertThat(with.seedInputs())
                .extracting(BenchReport.SeedInput::seedBytes)
                .containsExactly(162, 144, 931, 1032);
        assertThat(with.seedInputs()).allSatisfy(each -> {
            assertThat(each.what()).startsWith("a periodic string");
            assertThat(each.hdeBytes()).isBetween(1, each.zstdBytes() - 1);
            assertThat(each.verified()).isTrue();
        });
    }

    @Test
    void whatIsNoImageIsRefusedWithItsName() throws Exception {
        Path good = image("good", new byte[Page.SIZE]);
        Path odd = image("odd", new byte[Page.SIZE + 1]);
        Path empty = image("empty", new byte[0]);
        Path missing = directory.resolve("missing");

        assertRefused(odd, good, "odd: 4097 bytes are no memory image: it is a multiple of 4096");
        assertRefused(good, odd, "odd: 4097 bytes are no memory image");
        assertRefused(empty, good, "empty: 0 bytes are no memory image");
        assertRefused(missing, good, "missing: there is no such file");
        assertRefused(good, missing, "missing: there is no such file");
        assertRefused(directory, good, "is no file of its own");
    }

    private void assertRefused(Path image, Path base, String message) {
        assertThatThrownBy(() -> run(new BenchOptions(image, List.of(base), List.of(), 3, 1, false, 1, work())))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining(message);
    }

    @Test
    void nothingOfTheGuestIsLeft() throws Exception {
        Path image = image("image", memory());

        run(new BenchOptions(image, List.of(image), List.of(), 1, 1, false, 1, work()));

        assertThat(work()).isEmptyDirectory();
    }

    @Test
    void whatCannotBeRebuiltIsAFailure() throws Exception {
        MemoryImage image = MemoryImage.read(image("image", memory()), directory.resolve("stream"));
        try (Hosts hosts = Hosts.open(work())) {
            RoundTrip first = RoundTrip.run(image, hosts, 3);
            MemoryTable wrong = first.destination().copy();
            wrong.set(0, 9, 1, 1);
            hosts.agree(first.source(), wrong);

            assertThatThrownBy(() -> RoundTrip.run(image, hosts, 3))
                    .isInstanceOf(BenchException.class)
                    .hasMessageContaining("what was encoded cannot be rebuilt: page ");
        }
    }

    @Test
    void whatIsRebuiltAndDiffersIsAFailure() throws Exception {
        MemoryImage image = MemoryImage.read(image("image", memory()), directory.resolve("stream"));
        byte[] other = Files.readAllBytes(image.stream());
        other[other.length / 2] ^= 1;
        Path otherStream = Files.write(directory.resolve("other"), other);
        try (Hosts hosts = Hosts.open(work())) {
            assertThatThrownBy(() -> RoundTrip.run(image, otherStream, hosts, 3))
                    .isInstanceOf(BenchException.class)
                    .hasMessageContaining("what was rebuilt is not what was encoded, after byte ");
        }
    }

    private Path work() throws IOException {
        return Files.createDirectories(directory.resolve("work"));
    }
}
