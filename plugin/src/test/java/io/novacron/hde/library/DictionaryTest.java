package io.novacron.hde.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.library.EncodedFormException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DictionaryTest {
    private static final EncoderOptions OPTIONS = EncoderOptions.defaults();

    /** Records that share their words and nothing else, as small messages do. */
    private static ByteBuffer record(int number) {
        Random random = new Random(number);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            text.append("{\"domain\":\"vm-").append(random.nextInt(100_000));
            text.append("\",\"resource-type\":\"vm-network\",\"transferred-bytes\":")
                    .append(random.nextInt());
            text.append(",\"migration-state\":\"precopy-iteration\"}\n");
        }
        return ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static HdeEncoder sampled() {
        HdeEncoder encoder = new HdeEncoder(OPTIONS);
        for (int i = 0; i < 200; i++) {
            encoder.encode("k" + i, record(i));
        }
        return encoder;
    }

    @Test
    void whatBothHoldMakesSmallDataSmallerAndComesBack() throws EncodedFormException {
        try (HdeEncoder encoder = sampled();
                HdeEncoder decoder = new HdeEncoder(OPTIONS)) {
            int without = encoder.encode("before", record(5000)).remaining();
            TrainedDictionary dictionary = encoder.trainDictionary(3).orElseThrow();
            assertThat(dictionary.version()).isEqualTo(3);
            assertThat(dictionary.content().length).isLessThanOrEqualTo(OPTIONS.maxDictSize());
            // Trained is not used: the other end does not have it yet.
            assertThat(encoder.encode("still", record(5000)).remaining()).isEqualTo(without);

            encoder.useDictionary(3);
            ByteBuffer encoded = encoder.encode("after", record(5000));
            assertThat(encoded.remaining()).isLessThan(without);
            assertThatThrownBy(() -> decoder.decode("after", encoded))
                    .isInstanceOfSatisfying(
                            EncodedFormException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.MISSING_DICTIONARY));
            decoder.addDictionary(dictionary);
            assertThat(decoder.decode("after", encoded)).isEqualTo(record(5000));

            EncoderMetrics metrics = encoder.metrics();
            assertThat(metrics.dictionariesTrained()).isEqualTo(1);
            assertThat(metrics.dictionaryUses()).isEqualTo(1);
            assertThat(metrics.dictionaryBytesSaved()).isPositive();
            encoder.useNoDictionary();
            assertThat(encoder.encode("none", record(5000)).remaining()).isEqualTo(without);
        }
    }

    @Test
    void anotherDictionaryOfTheSameVersionIsNotTakenForIt() {
        try (HdeEncoder encoder = sampled();
                HdeEncoder decoder = new HdeEncoder(OPTIONS)) {
            assertThat(encoder.trainDictionary(1)).isPresent();
            encoder.useDictionary(1);
            decoder.addDictionary(new TrainedDictionary(1, new byte[2000]));
            assertThatThrownBy(() -> decoder.decode("k", encoder.encode("k", record(6000))))
                    .isInstanceOfSatisfying(
                            EncodedFormException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.MISSING_DICTIONARY));
        }
    }

    @Test
    void damageIsFoundInWhatNamesADictionary() throws EncodedFormException {
        try (HdeEncoder encoder = sampled()) {
            assertThat(encoder.trainDictionary(1)).isPresent();
            encoder.useDictionary(1);
            ByteBuffer encoded = encoder.encode("k", record(6000));
            assertThat(encoded.get(4)).isEqualTo((byte) EncodedForm.Method.DICTIONARY.number());
            for (int i = 0; i < encoded.limit(); i++) {
                ByteBuffer damaged = ByteBuffer.allocate(encoded.limit()).put(0, encoded, 0, encoded.limit());
                damaged.put(i, (byte) ~damaged.get(i));
                try {
                    assertThat(encoder.decode("k", damaged)).isEqualTo(record(6000));
                } catch (EncodedFormException e) {
                    assertThat(e.offset()).isBetween(0, encoded.limit());
                }
            }
        }
    }

    @Test
    void whatCannotBeTrainedOrDoesNotHelpIsNone() {
        try (HdeEncoder encoder = new HdeEncoder(OPTIONS)) {
            assertThat(encoder.trainDictionary(1)).isEqualTo(Optional.empty());
            for (int i = 0; i < 3; i++) {
                encoder.encode("k", record(i));
            }
            assertThat(encoder.trainDictionary(1)).isEqualTo(Optional.empty());
            for (int i = 0; i < 200; i++) {
                // Compressible, but each by itself only.
                byte[] data = new byte[4096];
                new Random(i).nextBytes(data);
                System.arraycopy(data, 0, data, 1024, 1024);
                encoder.encode("noise" + i, ByteBuffer.wrap(data));
            }
            assertThat(encoder.trainDictionary(1)).isEqualTo(Optional.empty());
            assertThat(encoder.metrics().dictionariesTrained()).isZero();
        }
    }

    @Test
    void unknownVersionsAndWhatIsNoDictionaryAreRefused() {
        try (HdeEncoder encoder = new HdeEncoder(OPTIONS)) {
            assertThatThrownBy(() -> encoder.useDictionary(5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("version 5");
            byte[] brokenHead = {0x37, (byte) 0xa4, 0x30, (byte) 0xec, 1, 0, 0, 0, 9, 9, 9, 9};
            assertThatThrownBy(() -> encoder.addDictionary(new TrainedDictionary(1, brokenHead)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new TrainedDictionary(-1, brokenHead))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
