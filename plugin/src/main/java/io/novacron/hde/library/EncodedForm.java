package io.novacron.hde.library;

import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.library.EncodedFormException.Reason;
import java.util.Optional;

/**
 * What stands before the payload of an encoded form; {@code docs/library.md} specifies it. The numbers of methods are
 * never given to others, and 0 is never valid.
 *
 * @param method how the payload says the data
 * @param keep whether the data becomes the key's baseline at both ends
 * @param key of {@link DataName#ofKey}
 * @param name of the data
 * @param length bytes of the data
 * @param baseline for DELTA and DIFFERENCE
 * @param algorithm for DELTA
 * @param dictionary for DICTIONARY
 */
record EncodedForm(
        Method method,
        boolean keep,
        long key,
        DataName name,
        int length,
        Optional<DataName> baseline,
        Optional<DeltaAlgorithms> algorithm,
        Optional<DictionaryName> dictionary) {
    static final int VERSION = 1;
    private static final int MAGIC = ('H' << 16) | ('D' << 8) | 'E';
    private static final int KEEP = 1;

    /** How the payload says the data. */
    enum Method {
        /** As it is. */
        STORED,
        /** Copies and literals, each with zstd. */
        PACKED,
        /** zstd with a dictionary. */
        DICTIONARY,
        /** The delta of an algorithm, from the baseline. */
        DELTA,
        /** PACKED, of data XOR baseline. */
        DIFFERENCE;

        int number() {
            return ordinal() + 1;
        }

        boolean needsBaseline() {
            return this == DELTA || this == DIFFERENCE;
        }
    }

    /** A dictionary as a form names it: the version that its owner gave it, and a part of its content's hash. */
    record DictionaryName(int version, int hash) {}

    byte[] write(byte[] payload) {
        FormWriter out = new FormWriter()
                .bigEndian(MAGIC, 3)
                .u8(VERSION)
                .u8(method.number())
                .u8(keep ? KEEP : 0)
                .bigEndian(key, Long.BYTES)
                .bigEndian(name.high(), Long.BYTES)
                .bigEndian(name.low(), Long.BYTES)
                .varint(length);
        baseline.ifPresent(base -> out.bigEndian(base.high(), Long.BYTES).bigEndian(base.low(), Long.BYTES));
        algorithm.ifPresent(delta -> out.u8(delta.id()));
        dictionary.ifPresent(used -> out.varint(used.version()).bigEndian(used.hash(), Integer.BYTES));
        return out.bytes(payload).toBytes();
    }

    /**
     * Reads up to the payload.
     *
     * @param expectedKey what the key must be
     * @param mostData what the length may be
     */
    static EncodedForm read(FormReader in, String expectedKey, int mostData) throws EncodedFormException {
        readMagic(in);
        int methodAt = in.position();
        Method method = method(in.u8("the method"), methodAt);
        int flags = in.u8("the flags");
        if ((flags & ~KEEP) != 0) {
            throw new EncodedFormException(Reason.DAMAGED, "There are no flags " + flags, methodAt + 1);
        }
        int keyAt = in.position();
        long key = in.i64("the key's hash");
        if (key != DataName.ofKey(expectedKey)) {
            throw new EncodedFormException(
                    Reason.WRONG_KEY, "This was encoded under another key than \"" + expectedKey + "\"", keyAt);
        }
        DataName name = in.name("the data's hash");
        int lengthAt = in.position();
        long length = in.varint("the data's length");
        if (length > mostData) {
            throw new EncodedFormException(
                    Reason.TOO_LARGE,
                    "The data has " + length + " bytes, at most " + mostData + " are taken",
                    lengthAt);
        }
        Optional<DataName> baseline =
                method.needsBaseline() ? Optional.of(in.name("the baseline's hash")) : Optional.empty();
        Optional<DeltaAlgorithms> algorithm = method == Method.DELTA ? Optional.of(algorithm(in)) : Optional.empty();
        Optional<DictionaryName> dictionary = method == Method.DICTIONARY
                ? Optional.of(new DictionaryName(
                        in.varint("the dictionary's version", Integer.MAX_VALUE), in.i32("the dictionary's hash")))
                : Optional.empty();
        return new EncodedForm(method, (flags & KEEP) != 0, key, name, (int) length, baseline, algorithm, dictionary);
    }

    private static void readMagic(FormReader in) throws EncodedFormException {
        if (in.remaining() == 0) {
            throw new EncodedFormException(Reason.FOREIGN, "There is nothing to decode", 0);
        }
        for (int i = 2; i >= 0; i--) {
            int at = in.position();
            if (in.u8("the magic") != ((MAGIC >>> (8 * i)) & 0xff)) {
                throw new EncodedFormException(Reason.FOREIGN, "This does not begin as encoded data does", at);
            }
        }
        int at = in.position();
        int version = in.u8("the version");
        if (version != VERSION) {
            throw new EncodedFormException(
                    Reason.UNKNOWN_VERSION, "This is version " + version + " of the form, known is " + VERSION, at);
        }
    }

    private static Method method(int number, int at) throws EncodedFormException {
        for (Method method : Method.values()) {
            if (method.number() == number) {
                return method;
            }
        }
        throw new EncodedFormException(Reason.DAMAGED, "There is no method " + number, at);
    }

    private static DeltaAlgorithms algorithm(FormReader in) throws EncodedFormException {
        int at = in.position();
        byte id = (byte) in.u8("the delta algorithm");
        return DeltaAlgorithms.byId(id)
                .orElseThrow(() -> new EncodedFormException(Reason.DAMAGED, "There is no delta algorithm " + id, at));
    }
}
