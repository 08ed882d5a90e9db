package io.novacron.hde.library;

import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The four inputs on which the document that this project began with states its ratios. They are periodic strings: what
 * an encoder makes of them says next to nothing about guest memory.
 */
public enum SeedInputs {
    /** 1 MiB of a pattern of 41 bytes. */
    REPETITIVE("repetitive", "a periodic string, period 41", "VM_MEMORY_HIGHLY_REPETITIVE_PATTERN_DATA_", 1 << 20, 162),
    /** 1 MiB of a pattern of 20 bytes. */
    PATTERN("pattern", "a periodic string, period 20", "MEMORY_PAGE_PATTERN_", 1 << 20, 144),
    /** 8 MiB of a pattern of 23 bytes. */
    CONTENT("content", "a periodic string, period 23", "VM_MEMORY_PAGE_CONTENT_", 8 << 20, 931),
    /** {@link #CONTENT} with every twentieth byte inverted. */
    MODIFIED(
            "modified",
            "a periodic string, period 23, every 20th byte inverted; the unmodified one is the baseline",
            "VM_MEMORY_PAGE_CONTENT_",
            8 << 20,
            1032);

    private static final int MODIFIED_STEP = 20;
    private static final int ZSTD_LEVEL = 3;

    private final String inputName;
    private final String what;
    private final String pattern;
    private final int size;
    private final int seedBytes;

    SeedInputs(String inputName, String what, String pattern, int size, int seedBytes) {
        this.inputName = inputName;
        this.what = what;
        this.pattern = pattern;
        this.size = size;
        this.seedBytes = seedBytes;
    }

    /**
     * What became of an input.
     *
     * @param name of the input
     * @param what it is
     * @param size bytes
     * @param seedBytes what the seed document says it needed
     * @param zstdBytes of {@code zstd -3}, without a baseline
     * @param hdeBytes of {@link HdeEncoder#encode}
     * @param verified whether another encoder decoded them to the input
     */
    public record Result(
            String name, String what, int size, int seedBytes, int zstdBytes, int hdeBytes, boolean verified) {}

    /** The input, a new array. */
    public byte[] data() {
        byte[] repeated = pattern.getBytes(StandardCharsets.US_ASCII);
        byte[] data = new byte[size];
        for (int i = 0; i < size; i++) {
            data[i] = repeated[i % repeated.length];
        }
        if (this == MODIFIED) {
            for (int i = 0; i < size / MODIFIED_STEP; i++) {
                data[MODIFIED_STEP * i] ^= (byte) 0xff;
            }
        }
        return data;
    }

    /** Encodes and decodes all four with the default options. */
    public static List<Result> measure() {
        return List.of(values()).stream().map(SeedInputs::measureOne).toList();
    }

    private Result measureOne() {
        byte[] data = data();
        try (HdeEncoder encoder = new HdeEncoder(EncoderOptions.defaults());
                HdeEncoder decoder = new HdeEncoder(EncoderOptions.defaults())) {
            if (this == MODIFIED) {
                decoder.decode(inputName, encoder.encode(inputName, ByteBuffer.wrap(CONTENT.data())));
            }
            ByteBuffer encoded = encoder.encode(inputName, ByteBuffer.wrap(data));
            boolean verified = decoder.decode(inputName, encoded).equals(ByteBuffer.wrap(data));
            return new Result(inputName, what, size, seedBytes, zstdBytes(data), encoded.remaining(), verified);
        } catch (EncodedFormException e) {
            throw new IllegalStateException("What was encoded a moment ago cannot be decoded", e);
        }
    }

    private static int zstdBytes(byte[] data) {
        // Without a checksum, which the command line would add.
        try (ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(ZSTD_LEVEL)) {
            return zstd.compress(data).length;
        }
    }
}
