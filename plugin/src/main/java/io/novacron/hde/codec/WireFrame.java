package io.novacron.hde.codec;

import io.novacron.hde.frame.Frame;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A frame in the body of a batch.
 *
 * @param kind {@link Frame#PAGES}, {@link Frame#DELTA} or {@link #REFERENCED}
 * @param algorithm as {@link Frame#algorithm()}; of a REFERENCED frame the id of a delta algorithm
 * @param dictionary version of the dictionary that the payload needs; 0 for none
 * @param count pages
 * @param references of a REFERENCED frame, the numbers of the known pages that are its base; else none
 * @param payload begins with the pages, compressed
 * @param payloadLength bytes of them
 */
@SuppressWarnings("ArrayRecordComponent")
record WireFrame(
        byte kind, byte algorithm, int dictionary, int count, long[] references, byte[] payload, int payloadLength) {
    /**
     * Kind: a delta from known pages of any number, end to end, to the frame's pages. Such a frame is not stored: what
     * it needs may be swept.
     */
    static final byte REFERENCED = 3;

    /** The most known pages in the base of a frame. */
    static final int MAX_REFERENCES = 256;

    private static final long[] NO_REFERENCES = {};
    private static final int HEADER_BYTES = 12;
    private static final int MAX_NUMBER_BYTES = 10;

    /** A frame whose payload fills its array. */
    WireFrame(byte kind, byte algorithm, int dictionary, int count, long[] references, byte[] payload) {
        this(kind, algorithm, dictionary, count, references, payload, payload.length);
    }

    static WireFrame of(Frame frame) {
        return new WireFrame(
                frame.kind(),
                frame.algorithm(),
                frame.dictionary(),
                frame.count(),
                NO_REFERENCES,
                frame.payload(),
                frame.payloadLength());
    }

    /** The most bytes that {@link #write} puts. */
    int maxLength() {
        return HEADER_BYTES + 2 + references.length * MAX_NUMBER_BYTES + payloadLength;
    }

    void write(ByteBuffer body) {
        body.put(kind);
        body.put(algorithm);
        body.putShort((short) count);
        body.putInt(dictionary);
        body.putInt(payloadLength);
        if (kind == REFERENCED) {
            body.putShort((short) references.length);
            long expected = 0;
            for (long reference : references) {
                Leb128.putSigned(body, reference - expected);
                expected = reference + 1;
            }
        }
        body.put(payload, 0, payloadLength);
    }

    /**
     * Reads a frame.
     *
     * @throws CodecException if its lengths cannot be
     * @throws java.nio.BufferUnderflowException if the body ends within it
     */
    static WireFrame read(ByteBuffer body) throws CodecException {
        byte kind = body.get();
        byte algorithm = body.get();
        int count = Short.toUnsignedInt(body.getShort());
        int dictionary = body.getInt();
        int length = body.getInt();
        long[] references = kind == REFERENCED ? readReferences(body) : NO_REFERENCES;
        if (length < 0 || length > body.remaining()) {
            throw new CodecException("a frame of " + Integer.toUnsignedString(length) + " bytes in a batch with "
                    + body.remaining() + " left");
        }
        byte[] payload = new byte[length];
        body.get(payload);
        return new WireFrame(kind, algorithm, dictionary, count, references, payload);
    }

    private static long[] readReferences(ByteBuffer body) throws CodecException {
        int count = Short.toUnsignedInt(body.getShort());
        if (count > MAX_REFERENCES) {
            throw new CodecException("a frame with " + count + " references; at most " + MAX_REFERENCES);
        }
        long[] references = new long[count];
        long expected = 0;
        for (int i = 0; i < count; i++) {
            references[i] = expected + Leb128.signed(body);
            expected = references[i] + 1;
        }
        return references;
    }

    @Override
    public String toString() {
        return "frame of kind " + kind + ", algorithm " + algorithm + ", " + count + " pages in " + payloadLength
                + " bytes, references " + Arrays.toString(references);
    }
}
