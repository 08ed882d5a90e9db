package io.novacron.hde.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every fuzzer over its seeds and over what was found so far. */
class ReplayTest {
    static final Path CORPUS = Path.of("src/test/resources/corpus");

    @ParameterizedTest
    @EnumSource
    void seeds(FuzzTarget target) throws Exception {
        Map<String, byte[]> seeds = target.seeds();
        assertThat(seeds).isNotEmpty();
        for (Map.Entry<String, byte[]> seed : seeds.entrySet()) {
            run(target, seed.getKey(), seed.getValue());
            assertThat(seed.getValue()).as(seed.getKey()).hasSizeLessThanOrEqualTo(target.maxLength());
        }
    }

    @ParameterizedTest
    @EnumSource
    void corpus(FuzzTarget target) throws Exception {
        List<Path> files = files(CORPUS.resolve(target.word()));
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            run(target, file.toString(), Files.readAllBytes(file));
        }
    }

    @Test
    void theCorpusIsSmallAndOfFuzzersThatThereAre() throws Exception {
        long bytes = 0;
        for (Path file : files(CORPUS)) {
            bytes += Files.size(file);
        }
        assertThat(bytes).isLessThan(400 << 10);
        try (Stream<Path> directories = Files.list(CORPUS)) {
            assertThat(directories.map(each -> each.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            Stream.of(FuzzTarget.values()).map(FuzzTarget::word).toList());
        }
    }

    private static void run(FuzzTarget target, String name, byte[] input) {
        try {
            target.run(input);
        } catch (Exception | AssertionError | StackOverflowError e) {
            throw new AssertionError(target.word() + " fails at " + name, e);
        }
    }

    private static List<Path> files(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
