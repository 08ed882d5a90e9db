package io.novacron.hde.library;

import io.novacron.hde.codec.BatchFixture;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** The library's encoded form, decoded where its baseline and its dictionary are held. */
public final class EncodedFormFuzz {
    private static final String KEY = "vm-7";
    private static final int MOST_DATA = 1 << 20;
    private static final byte[] BASE = base();

    private static final class Holder {
        private static final TrainedDictionary DICTIONARY = dictionary();
        private static final HdeEncoder DECODER = encoder("auto");

        static {
            try {
                DECODER.decode(KEY, encoder("auto").encode(KEY, ByteBuffer.wrap(BASE)));
            } catch (EncodedFormException e) {
                throw new IllegalStateException(e);
            }
        }

        private static TrainedDictionary dictionary() {
            try {
                return new TrainedDictionary(1, new BatchFixture().dictionary().bytes());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private EncodedFormFuzz() {}

    private static byte[] base() {
        byte[] base = new byte[20_000];
        new Random(3).nextBytes(base);
        System.arraycopy(base, 0, base, 9000, 4000);
        return base;
    }

    private static HdeEncoder encoder(String algorithm) {
        HdeEncoder encoder = new HdeEncoder(EncoderOptions.builder()
                .maxDataBytes(MOST_DATA)
                .maxBaselineBytes(MOST_DATA)
                .deltaAlgorithm(algorithm)
                .targetRatio(1)
                .build());
        encoder.addDictionary(Holder.DICTIONARY);
        return encoder;
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        // What the library's document says of a call: seven times the data, which may be the longest.
        Bounded.run(7L * MOST_DATA + 7L * bytes.length, () -> {
            try {
                ByteBuffer data = Holder.DECODER.decode(KEY, ByteBuffer.wrap(bytes));
                if (data.remaining() > MOST_DATA) {
                    throw new AssertionError(data.remaining() + " bytes");
                }
            } catch (EncodedFormException e) {
                if (e.offset() < 0 || e.offset() > bytes.length) {
                    throw new AssertionError("damage at byte " + e.offset() + " of " + bytes.length, e);
                }
            }
        });
    }

    /** The example of the library's document, and data in each form. */
    public static Map<String, byte[]> seeds() throws Exception {
        Map<String, byte[]> seeds = new LinkedHashMap<>(Documents.examples("library.md"));
        byte[] changed = BASE.clone();
        for (int i = 10; i < changed.length; i += 1500) {
            changed[i]++;
        }
        for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
            try (HdeEncoder encoder = encoder(algorithm.word())) {
                put(seeds, "whole-" + algorithm, encoder.encode(KEY, ByteBuffer.wrap(BASE)));
                put(seeds, "delta-" + algorithm, encoder.encode(KEY, ByteBuffer.wrap(changed)));
            }
        }
        try (HdeEncoder encoder = encoder("auto")) {
            encoder.useDictionary(1);
            put(seeds, "dictionary", encoder.encode(KEY, ByteBuffer.wrap(Holder.DICTIONARY.content(), 200, 300)));
            put(seeds, "empty", encoder.encode(KEY, ByteBuffer.allocate(0)));
            put(seeds, "zeros", encoder.encode(KEY, ByteBuffer.allocate(5000)));
        }
        return seeds;
    }

    private static void put(Map<String, byte[]> seeds, String name, ByteBuffer encoded) {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        seeds.put(name, bytes);
    }
}
