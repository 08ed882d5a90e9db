package io.novacron.hde.fuzz;

import io.novacron.hde.baseline.BaselineRecordFuzz;
import io.novacron.hde.codec.BatchDigestHook;
import io.novacron.hde.codec.BatchFuzz;
import io.novacron.hde.config.ConfigFuzz;
import io.novacron.hde.control.ControlFuzz;
import io.novacron.hde.delta.DeltaFuzz;
import io.novacron.hde.dictionary.DictionaryFuzz;
import io.novacron.hde.dictionary.DictionaryRecordFuzz;
import io.novacron.hde.forecast.ForecastRecordFuzz;
import io.novacron.hde.frame.FrameFuzz;
import io.novacron.hde.frame.StoredFrameFuzz;
import io.novacron.hde.library.EncodedFormFuzz;
import io.novacron.hde.libvirt.HookFuzz;
import io.novacron.hde.qemu.memory.MonitorFuzz;
import io.novacron.hde.qemu.nbd.NbdFuzz;
import io.novacron.hde.qemu.stream.ReturnPathFuzz;
import io.novacron.hde.qemu.stream.StreamFuzz;
import io.novacron.hde.wire.MessageFuzz;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All fuzzers. */
@SuppressWarnings("ImmutableEnumChecker") // references to static methods, and a list that cannot be changed
public enum FuzzTarget {
    /** QEMU's migration stream, read and written. */
    STREAM(StreamFuzz.class, StreamFuzz::fuzzerTestOneInput, StreamFuzz::seeds, 48 << 10),
    /** What the destination QEMU says. */
    RETURN_PATH(ReturnPathFuzz.class, ReturnPathFuzz::fuzzerTestOneInput, ReturnPathFuzz::seeds, 4 << 10),
    /** An NBD conversation, both halves. */
    NBD(NbdFuzz.class, NbdFuzz::fuzzerTestOneInput, NbdFuzz::seeds, 48 << 10),
    /** What QEMU's monitor says of the guest's memory. */
    MONITOR(MonitorFuzz.class, MonitorFuzz::fuzzerTestOneInput, MonitorFuzz::seeds, 16 << 10) {
        @Override
        List<String> options() {
            // It allocates more than what it looks into.
            return List.of("--disabled_hooks=com.code_intelligence.jazzer.sanitizers.RegexRoadblocks");
        }
    },
    /** Messages of the tunnel. */
    MESSAGE(
            MessageFuzz.class,
            MessageFuzz::fuzzerTestOneInput,
            MessageFuzz::seeds,
            8 << 10,
            "com.fasterxml.jackson.dataformat.cbor.**"),
    /** Batches and what is sent again. */
    BATCH(BatchFuzz.class, BatchFuzz::fuzzerTestOneInput, BatchFuzz::seeds, 32 << 10) {
        @Override
        List<String> options() {
            return List.of(
                    "--custom_hooks=" + BatchDigestHook.class.getName(),
                    "--custom_hook_includes=io.novacron.hde.codec.BatchRebuilder");
        }
    },
    /** Payloads of frames. */
    FRAME(FrameFuzz.class, FrameFuzz::fuzzerTestOneInput, FrameFuzz::seeds, 8 << 10),
    /** Deltas of every algorithm. */
    DELTA(DeltaFuzz.class, DeltaFuzz::fuzzerTestOneInput, DeltaFuzz::seeds, 8 << 10),
    /** The dictionary that a peer sends. */
    DICTIONARY(DictionaryFuzz.class, DictionaryFuzz::fuzzerTestOneInput, DictionaryFuzz::seeds, 8 << 10),
    /** Frames in the store. */
    STORED_FRAME(StoredFrameFuzz.class, StoredFrameFuzz::fuzzerTestOneInput, StoredFrameFuzz::seeds, 8 << 10),
    /** Baselines in the store. */
    STORED_BASELINE(
            BaselineRecordFuzz.class, BaselineRecordFuzz::fuzzerTestOneInput, BaselineRecordFuzz::seeds, 4 << 10),
    /** Dictionaries in the store. */
    STORED_DICTIONARY(
            DictionaryRecordFuzz.class, DictionaryRecordFuzz::fuzzerTestOneInput, DictionaryRecordFuzz::seeds, 4 << 10),
    /** Past forecasts in the store. */
    STORED_FORECAST(
            ForecastRecordFuzz.class, ForecastRecordFuzz::fuzzerTestOneInput, ForecastRecordFuzz::seeds, 1 << 10),
    /** What libvirt's hook leaves. */
    HOOK(HookFuzz.class, HookFuzz::fuzzerTestOneInput, HookFuzz::seeds, 2 << 10),
    /** The configuration's file. */
    CONFIG(
            ConfigFuzz.class,
            ConfigFuzz::fuzzerTestOneInput,
            ConfigFuzz::seeds,
            16 << 10,
            "com.fasterxml.jackson.dataformat.yaml.**",
            "org.yaml.snakeyaml.**"),
    /** Requests on the control socket. */
    CONTROL(
            ControlFuzz.class,
            ControlFuzz::fuzzerTestOneInput,
            ControlFuzz::seeds,
            4 << 10,
            "com.fasterxml.jackson.core.json.**"),
    /** The library's encoded form. */
    ENCODED_FORM(EncodedFormFuzz.class, EncodedFormFuzz::fuzzerTestOneInput, EncodedFormFuzz::seeds, 32 << 10);

    /** Takes one input. */
    @FunctionalInterface
    interface Body {
        void run(byte[] input) throws Exception;
    }

    private final Class<?> type;
    private final Body body;
    private final Seeds seeds;
    private final int maxLength;
    private final List<String> instrumented;

    FuzzTarget(Class<?> type, Body body, Seeds seeds, int maxLength, String... instrumented) {
        this.type = type;
        this.body = body;
        this.seeds = seeds;
        this.maxLength = maxLength;
        this.instrumented = List.of(instrumented);
    }

    /** What it is called on the command line and in the corpus. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Class<?> type() {
        return type;
    }

    /** Bytes of the longest input that Jazzer makes. */
    int maxLength() {
        return maxLength;
    }

    /** Classes beside the project's own whose branches guide the fuzzer. */
    List<String> instrumented() {
        return instrumented;
    }

    /** Options that Jazzer gets for this one alone. */
    List<String> options() {
        return List.of();
    }

    void run(byte[] input) throws Exception {
        body.run(input);
    }

    Map<String, byte[]> seeds() throws Exception {
        return seeds.make();
    }
}
