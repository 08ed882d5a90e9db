package io.novacron.hde.wire;

import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Messages are read up to the end or the first one that is none; each is the same after it was written and read again. */
public final class MessageFuzz {
    private MessageFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        // One message may claim to be the longest and end too early; CBOR makes some bytes for each that it reads.
        Bounded.run(Protocol.MAX_MESSAGE_BYTES + 256L * bytes.length, () -> read(bytes));
    }

    private static void read(byte[] bytes) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(bytes);
        MessageReader reader = new MessageReader(in);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(out);
        try {
            for (Message message = reader.read(); message != null; message = reader.read()) {
                out.reset();
                again(message, writer, out);
            }
        } catch (EOFException e) {
            check(in.available() == 0, "the end of a message that is there");
        } catch (WireException e) {
            check(!e.getMessage().contains("\n"), "a reason of several lines: " + e.getMessage());
        }
    }

    private static void again(Message message, MessageWriter writer, ByteArrayOutputStream out) throws IOException {
        try {
            writer.write(message);
        } catch (WireException e) {
            // All keys are written, those too that were not there to be read, so that it may be longer than allowed.
            return;
        }
        Message read = new MessageReader(new ByteArrayInputStream(out.toByteArray())).read();
        check(message.equals(read), message + " became " + read);
    }

    private static void check(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(otherwise);
        }
    }

    /** The messages of the protocol's document, each by itself and all one after the other. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> example :
                Documents.examples("protocol.md").entrySet()) {
            byte[] bytes = example.getValue();
            if (bytes.length > Integer.BYTES && ByteBuffer.wrap(bytes).getInt() == bytes.length - Integer.BYTES) {
                seeds.put(example.getKey(), bytes);
                all.writeBytes(bytes);
            }
        }
        seeds.put("all", all.toByteArray());
        return seeds;
    }
}
