package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.wire.ProtocolExamples;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The deltas in {@code docs/protocol.md}, decoded and encoded. */
class DeltaDocumentTest {
    private static final byte[] BASE =
            "the quick brown fox jumps over the lazy dog".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TARGET =
            "the quick brawn fox jumps over the hazy dogs".getBytes(StandardCharsets.US_ASCII);

    @ParameterizedTest
    @EnumSource
    void anExampleIsReadAndWrittenAsItStandsThere(DeltaAlgorithms algorithm) throws IOException, DeltaException {
        byte[] example = ProtocolExamples.read().get("delta-" + algorithm.algorithmName());
        assertThat(example)
                .as("example of %s in docs/protocol.md", algorithm.algorithmName())
                .isNotNull();
        try (DeltaAlgorithm delta = algorithm.create()) {
            assertThat(DeltaAlgorithmContract.decode(delta, BASE, example, TARGET.length))
                    .isEqualTo(TARGET);
            assertThat(DeltaAlgorithmContract.encode(delta, BASE, TARGET)).isEqualTo(example);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyAlgorithmHasItsRowInTheTable(DeltaAlgorithms algorithm) throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "protocol.md")))
                .contains("| " + algorithm.id() + " | `" + algorithm.algorithmName() + "` | ");
    }
}
