package io.novacron.hde.library;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The seed's inputs are those that it states its figures for, and need fewer bytes than it and than zstd. */
class SeedInputsTest {
    private static final Map<SeedInputs, String> HASHES = Map.of(
            SeedInputs.REPETITIVE, "98e6a537e3e4c95d0f7dad5a4b71318d6bd755d15376408e59d91ee1e1fbaa62",
            SeedInputs.PATTERN, "c47e940770aea5d784a2cedf5a451124e1ad391618ce36a5d3ed0e0daae81874",
            SeedInputs.CONTENT, "729c859f1785518c0262215d1c86a56a3202b5d9326e89f67ef80edaed30df4c",
            SeedInputs.MODIFIED, "c94f3076e8cfcc77b2d3900daafba155a3e30ba091ddc98f509b4da748f7014c");

    @ParameterizedTest
    @EnumSource
    void theInputIsTheSeeds(SeedInputs input) throws NoSuchAlgorithmException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(input.data());
        assertThat(HexFormat.of().formatHex(hash)).isEqualTo(HASHES.get(input));
    }

    @Test
    void everyInputNeedsFewerBytesThanElsewhere() {
        assertThat(SeedInputs.measure()).hasSize(4).allSatisfy(result -> {
            assertThat(result.verified()).isTrue();
            assertThat(result.what()).startsWith("a periodic string");
            assertThat(result.hdeBytes())
                    .as(result.name())
                    .isPositive()
                    .isLessThan(result.seedBytes())
                    .isLessThan(result.zstdBytes())
                    .isLessThanOrEqualTo(result.name().equals("modified") ? 200 : 100);
        });
    }

    @Test
    void theModifiedInputIsSmallerThanZstdsWithoutItsBaselineToo() {
        try (HdeEncoder encoder = new HdeEncoder(EncoderOptions.defaults())) {
            assertThat(encoder.encode("alone", ByteBuffer.wrap(SeedInputs.MODIFIED.data()))
                            .remaining())
                    .isLessThan(911);
        }
    }
}
