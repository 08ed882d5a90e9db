package io.novacron.hde.library;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictTrainer;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.library.EncodedForm.DictionaryName;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The dictionaries held, the one that encoding uses, and the samples to train the next from. Any thread. */
final class Dictionaries {
    /** Dictionaries held; the one added first goes first. */
    static final int MOST_HELD = 8;

    /** Of longer data only the beginning is a sample. */
    private static final int LONGEST_SAMPLE = 16_384;

    /** One sample in so many is held back from training, to prove the dictionary on. */
    private static final int HELD_BACK = 4;

    /** What the samples held back must shrink by at least. */
    private static final double LEAST_GAIN = 0.02;

    private static final int LEAST_SIZE = 1024;

    private final EncoderOptions options;
    private final Map<DictionaryName, byte[]> held = new LinkedHashMap<>();
    private final Deque<byte[]> samples = new ArrayDeque<>();
    private Optional<DictionaryName> used = Optional.empty();
    private long trained;

    Dictionaries(EncoderOptions options) {
        this.options = options;
    }

    synchronized void add(TrainedDictionary dictionary) {
        try (ZstdCompressCtx probe = compressor(options.compressionLevel())) {
            probe.loadDict(dictionary.content());
            probe.compress(new byte[1]);
        } catch (ZstdException e) {
            throw new IllegalArgumentException(
                    "zstd takes no dictionary of version " + dictionary.version() + ": " + e.getMessage(), e);
        }
        held.put(dictionary.name(), dictionary.content().clone());
        if (held.size() > MOST_HELD) {
            DictionaryName oldest = held.keySet().iterator().next();
            held.remove(oldest);
            used = used.filter(name -> !name.equals(oldest));
        }
    }

    synchronized void use(int version) {
        DictionaryName last = null;
        for (DictionaryName name : held.keySet()) {
            if (name.version() == version) {
                last = name;
            }
        }
        if (last == null) {
            throw new IllegalArgumentException("No dictionary of version " + version + " is held");
        }
        used = Optional.of(last);
    }

    synchronized void useNone() {
        used = Optional.empty();
    }

    synchronized Optional<DictionaryName> used() {
        return options.enableDictionary() ? used : Optional.empty();
    }

    /** The content, which nobody changes. */
    synchronized Optional<byte[]> content(DictionaryName name) {
        return Optional.ofNullable(held.get(name));
    }

    synchronized long trained() {
        return trained;
    }

    void sample(ByteBuffer data, int length) {
        if (!options.enableDictionary() || length < options.minSampleSize() || options.maxSamples() == 0) {
            return;
        }
        byte[] sample = new byte[Math.min(length, LONGEST_SAMPLE)];
        data.get(0, sample);
        synchronized (this) {
            if (samples.size() == options.maxSamples()) {
                samples.removeFirst();
            }
            samples.addLast(sample);
        }
    }

    Optional<TrainedDictionary> train(int version) {
        List<byte[]> known;
        synchronized (this) {
            known = List.copyOf(samples);
        }
        List<byte[]> training = new ArrayList<>();
        List<byte[]> heldBack = new ArrayList<>();
        int bytes = 0;
        for (int i = 0; i < known.size(); i++) {
            byte[] sample = known.get(i);
            if (i % HELD_BACK == HELD_BACK - 1) {
                heldBack.add(sample);
            } else {
                training.add(sample);
                bytes += sample.length;
            }
        }
        if (heldBack.isEmpty()) {
            return Optional.empty();
        }
        // A dictionary as large as what it is made from would only repeat it.
        int size = Math.min(options.maxDictSize(), Math.max(LEAST_SIZE, bytes / 10));
        ZstdDictTrainer trainer = new ZstdDictTrainer(bytes, size, options.compressionLevel());
        training.forEach(trainer::addSample);
        TrainedDictionary dictionary;
        try {
            dictionary = new TrainedDictionary(version, trainer.trainSamples());
        } catch (ZstdException e) {
            // Too few samples, or all of them alike: there is no dictionary then.
            return Optional.empty();
        }
        if (!helps(dictionary.content(), heldBack)) {
            return Optional.empty();
        }
        add(dictionary);
        synchronized (this) {
            trained++;
        }
        return Optional.of(dictionary);
    }

    static ZstdCompressCtx compressor(int level) {
        return new ZstdCompressCtx()
                .setLevel(level)
                .setMagicless(true)
                .setChecksum(false)
                .setContentSize(false)
                .setDictID(false);
    }

    private boolean helps(byte[] content, List<byte[]> heldBack) {
        long with = 0;
        long without = 0;
        try (ZstdCompressCtx using = compressor(options.compressionLevel());
                ZstdCompressCtx plain = compressor(options.compressionLevel())) {
            using.loadDict(content);
            for (byte[] sample : heldBack) {
                with += using.compress(sample).length;
                without += plain.compress(sample).length;
            }
        }
        return with <= without * (1 - LEAST_GAIN);
    }
}
