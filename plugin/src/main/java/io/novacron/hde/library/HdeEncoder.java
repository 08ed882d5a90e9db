package io.novacron.hde.library;

import io.novacron.hde.library.BaselineCache.Baseline;
import io.novacron.hde.library.EncodedForm.DictionaryName;
import io.novacron.hde.library.EncodedForm.Method;
import io.novacron.hde.library.EncodedFormException.Reason;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;

/**
 * Encodes data under a key so that versions of it after the first cost little more than what changed, and decodes what
 * another encoder, or this one, has encoded.
 *
 * <p>Data under a key now and then becomes the key's baseline, at the encoder and, by decoding it, at the decoder; what
 * follows is encoded by means of it. What names a baseline must therefore be decoded after what made it. When something
 * was lost, decode says {@link Reason#MISSING_BASELINE}, and {@link #forget} makes the next encoding whole.
 *
 * <p>Any number of threads may use one encoder. Baselines are bounded by {@link EncoderOptions#maxBaselineBytes}; a call
 * takes up to about seven times the data's length outside the heap and five times in it, beside what a delta algorithm
 * takes, and gives that back.
 */
public final class HdeEncoder implements AutoCloseable {
    /** A dictionary does nothing for longer data, which has learned more from itself by then. */
    private static final int LONGEST_WITH_DICTIONARY = 1 << 20;

    /** What names a dictionary, at most. */
    private static final int DICTIONARY_NAME_BYTES = 9;

    private final EncoderOptions options;
    private final LongSupplier nanoTime;
    private final BaselineCache baselines;
    private final Dictionaries dictionaries;
    private final DataPacker dataPacker;
    private final DeltaPacker deltaPacker;
    private final Counters counters = new Counters();
    private final BlockingQueue<Workspace> idle =
            new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());
    private volatile boolean closed;

    /** An encoder without baselines. */
    public HdeEncoder(EncoderOptions options) {
        this(options, System::nanoTime);
    }

    HdeEncoder(EncoderOptions options, LongSupplier nanoTime) {
        this.options = options;
        this.nanoTime = nanoTime;
        baselines = new BaselineCache(options.maxBaselineBytes());
        dictionaries = new Dictionaries(options);
        dataPacker = new DataPacker(options);
        deltaPacker = new DeltaPacker(options, dataPacker);
    }

    /** A dictionary, and the bytes it saved. */
    private record UsedDictionary(DictionaryName name, int saved) {}

    /** An encoded form on its way: what stands before the payload, but for what is known beforehand, and the payload. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Candidate(
            Method method, Optional<DeltaPacker.Delta> delta, Optional<UsedDictionary> dictionary, byte[] payload) {
        static Candidate of(DeltaPacker.Delta delta) {
            Method method = delta.algorithm().isPresent() ? Method.DELTA : Method.DIFFERENCE;
            return new Candidate(method, Optional.of(delta), Optional.empty(), delta.payload());
        }

        /** Bytes with what names the baseline or the dictionary. */
        int length() {
            return payload.length
                    + (delta.isPresent() ? DataName.BYTES : 0)
                    + (dictionary.isPresent() ? DICTIONARY_NAME_BYTES : 0);
        }
    }

    /**
     * Encodes what a buffer has left, which may be nothing.
     *
     * @param key what the data is a version of
     * @param data of either sort; its position and limit are not changed
     * @return a buffer on the heap, from position 0 to its limit
     * @throws IllegalArgumentException if the data is longer than {@link EncoderOptions#maxDataBytes}
     */
    public ByteBuffer encode(String key, ByteBuffer data) {
        int length = data.remaining();
        if (length > options.maxDataBytes()) {
            throw new IllegalArgumentException(
                    "The data has " + length + " bytes, at most " + options.maxDataBytes() + " are taken");
        }
        Objects.requireNonNull(key, "key");
        long start = nanoTime.getAsLong();
        Workspace work = take();
        try {
            byte[] encoded = encode(work, key, work.input.holding(data), length, start);
            counters.encoded.increment();
            counters.bytesOriginal.add(length);
            counters.bytesCompressed.add(encoded.length);
            counters.time(nanoTime.getAsLong() - start);
            return ByteBuffer.wrap(encoded);
        } finally {
            giveBack(work);
        }
    }

    /**
     * Decodes what a buffer has left. The data is compared with its hash before anything is returned or kept.
     *
     * @param key under which it was encoded
     * @param encoded of either sort; its position and limit are not changed
     * @return a buffer on the heap, from position 0 to its limit
     * @throws EncodedFormException if the data cannot be made from it
     */
    public ByteBuffer decode(String key, ByteBuffer encoded) throws EncodedFormException {
        Objects.requireNonNull(key, "key");
        Workspace work = take();
        try {
            byte[] data = decode(work, key, work.input.holding(encoded), encoded.remaining());
            counters.decoded.increment();
            return ByteBuffer.wrap(data);
        } catch (EncodedFormException e) {
            counters.refused.increment();
            throw e;
        } finally {
            giveBack(work);
        }
    }

    /** Drops a key's baselines: when it is no longer used, or when the other end does not hold them. */
    public void forget(String key) {
        baselines.forget(key);
    }

    /**
     * Holds a dictionary for decoding, and for {@link #useDictionary}. Of more than eight the first goes.
     *
     * @throws IllegalArgumentException if zstd does not take it
     */
    public void addDictionary(TrainedDictionary dictionary) {
        dictionaries.add(dictionary);
    }

    /**
     * Encodes with a dictionary from now on, where it helps. For when the other end holds it, too.
     *
     * @throws IllegalArgumentException if it is not held
     */
    public void useDictionary(int version) {
        dictionaries.use(version);
    }

    /** Encodes without a dictionary from now on. */
    public void useNoDictionary() {
        dictionaries.useNone();
    }

    /**
     * Trains a dictionary from samples of what was encoded here without a baseline, and holds it. It is not used before
     * {@link #useDictionary}. Takes seconds.
     *
     * @param version by which the encoded form is to name it
     * @return empty if there are too few samples, or if it does not help on samples that it was not trained from
     * @throws IllegalArgumentException if the version is negative
     */
    public Optional<TrainedDictionary> trainDictionary(int version) {
        return dictionaries.train(version);
    }

    /** What has been done so far. */
    public EncoderMetrics metrics() {
        return counters.snapshot(baselines, dictionaries);
    }

    /** Gives back the memory outside the heap. Calls that are under way end as usual, others fail. */
    @Override
    public void close() {
        closed = true;
        closeIdle();
    }

    private byte[] encode(Workspace work, String key, ByteBuffer data, int length, long now) {
        DataName name = DataName.of(data, length);
        Optional<Baseline> current = baselines.current(key);
        boolean due = current.map(baseline ->
                        now - baseline.since() >= options.baselineInterval().toNanos())
                .orElse(true);
        Optional<Baseline> base = current.filter(baseline -> length > 0
                && now - baseline.since() <= options.maxBaselineAge().toNanos()
                && (!due || baseline.chain() < options.maxDeltaChain()));
        Candidate best = smallest(work, data, length, base);
        if (best.length() * options.minCompressionRatio() > length) {
            best = new Candidate(Method.STORED, Optional.empty(), Optional.empty(), DataPacker.bytes(data, length));
            if (length > 0) {
                counters.incompressibleSkips.increment();
            }
        }
        Optional<DataName> baseName = best.delta().flatMap(delta -> base).map(Baseline::name);
        // What is smaller by itself than by means of the baseline is the better baseline.
        boolean keep = (due || base.isEmpty() || baseName.isEmpty()) && baselines.takes(key, length);
        EncodedForm form = new EncodedForm(
                best.method(),
                keep,
                DataName.ofKey(key),
                name,
                length,
                baseName,
                best.delta().flatMap(DeltaPacker.Delta::algorithm),
                best.dictionary().map(UsedDictionary::name));
        if (keep) {
            int chain = baseName.isPresent() ? base.orElseThrow().chain() + 1 : 0;
            if (baselines.add(key, new Baseline(name, DataPacker.bytes(data, length), chain, now))) {
                counters.baselineRefreshes.increment();
            }
        }
        count(best);
        return form.write(best.payload());
    }

    private Candidate smallest(Workspace work, ByteBuffer data, int length, Optional<Baseline> base) {
        Optional<Candidate> delta = base.flatMap(baseline -> deltaPacker.pack(work, data, length, baseline.content()))
                .map(Candidate::of);
        if (delta.isPresent() && delta.get().length() * options.targetRatio() <= length) {
            return delta.get();
        }
        Candidate whole = dataPacker
                .pack(work, data, length)
                .map(payload -> new Candidate(Method.PACKED, Optional.empty(), Optional.empty(), payload))
                .orElseGet(() -> new Candidate(
                        Method.STORED, Optional.empty(), Optional.empty(), DataPacker.bytes(data, length)));
        if (whole.method() == Method.PACKED) {
            dictionaries.sample(data, length);
        }
        Candidate alone = withDictionary(work, data, length, whole).orElse(whole);
        return delta.filter(other -> other.length() <= alone.length()).orElse(alone);
    }

    private Optional<Candidate> withDictionary(Workspace work, ByteBuffer data, int length, Candidate without) {
        Optional<DictionaryName> used = dictionaries.used();
        if (used.isEmpty() || length == 0 || length > LONGEST_WITH_DICTIONARY) {
            return Optional.empty();
        }
        return dictionaries
                .content(used.get())
                .flatMap(content -> dataPacker.packWithDictionary(work, data, length, content))
                .filter(payload -> payload.length + DICTIONARY_NAME_BYTES < without.length())
                .map(payload -> {
                    int saved = without.length() - payload.length - DICTIONARY_NAME_BYTES;
                    return new Candidate(
                            Method.DICTIONARY,
                            Optional.empty(),
                            Optional.of(new UsedDictionary(used.get(), saved)),
                            payload);
                });
    }

    private void count(Candidate chosen) {
        chosen.delta().ifPresent(delta -> {
            counters.delta(delta.algorithmName());
            if (deltaPacker.isAuto()) {
                counters.autoSelections.increment();
            }
        });
        chosen.dictionary().ifPresent(used -> {
            counters.dictionaryUses.increment();
            counters.dictionaryBytesSaved.add(used.saved());
        });
    }

    private byte[] decode(Workspace work, String key, ByteBuffer encoded, int encodedLength)
            throws EncodedFormException {
        FormReader in = new FormReader(encoded, encodedLength);
        EncodedForm form = EncodedForm.read(in, key, options.maxDataBytes());
        Optional<Baseline> base = Optional.empty();
        if (form.baseline().isPresent()) {
            DataName name = form.baseline().get();
            base = baselines.find(key, name);
            if (base.isEmpty()) {
                throw new EncodedFormException(
                        Reason.MISSING_BASELINE, "The baseline " + name + " is not held", in.position());
            }
        }
        Optional<byte[]> dictionary = Optional.empty();
        if (form.dictionary().isPresent()) {
            DictionaryName name = form.dictionary().get();
            dictionary = dictionaries.content(name);
            if (dictionary.isEmpty()) {
                throw new EncodedFormException(
                        Reason.MISSING_DICTIONARY,
                        "The dictionary of version " + name.version() + " is not held",
                        in.position());
            }
        }
        int payloadAt = in.position();
        ByteBuffer out = new DataUnpacker(work, encoded, in, form.length())
                .unpack(form, base.map(Baseline::content), dictionary);
        if (!DataName.of(out, form.length()).equals(form.name())) {
            throw new EncodedFormException(
                    Reason.DAMAGED, "The data is not that of the hash " + form.name(), payloadAt);
        }
        if (form.keep()) {
            int chain = base.map(baseline -> baseline.chain() + 1).orElse(0);
            baselines.add(
                    key, new Baseline(form.name(), DataPacker.bytes(out, form.length()), chain, nanoTime.getAsLong()));
        }
        return DataPacker.bytes(out, form.length());
    }

    private Workspace take() {
        if (closed) {
            throw new IllegalStateException("The encoder is closed");
        }
        Workspace work = idle.poll();
        return work == null ? new Workspace(options.compressionLevel()) : work;
    }

    private void giveBack(Workspace work) {
        work.shrink();
        if (!idle.offer(work)) {
            work.close();
        }
        if (closed) {
            closeIdle();
        }
    }

    private void closeIdle() {
        for (Workspace work = idle.poll(); work != null; work = idle.poll()) {
            work.close();
        }
    }
}
