package io.novacron.hde.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;

/**
 * The messages that are not on the way of a page, as CBOR maps (RFC 8949). An unknown key is ignored, so that a newer
 * peer can add one; a missing one is null, zero or false.
 */
final class ControlMessages {
    private static final ObjectMapper CBOR = new ObjectMapper(CBORFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(8)
                            .maxStringLength(Protocol.MAX_CONTROL_BYTES)
                            .build())
                    .build())
            .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, true);

    private ControlMessages() {}

    static byte[] write(Message message) throws WireException {
        byte[] bytes;
        try {
            bytes = CBOR.writeValueAsBytes(message);
        } catch (JsonProcessingException e) {
            throw new WireException("cannot encode a " + message.getClass().getSimpleName() + " message", e);
        }
        if (bytes.length > Protocol.MAX_CONTROL_BYTES) {
            throw new WireException("a " + message.getClass().getSimpleName() + " message of " + bytes.length
                    + " bytes exceeds the protocol's " + Protocol.MAX_CONTROL_BYTES);
        }
        return bytes;
    }

    static <T extends Message> T read(byte[] bytes, int offset, int length, Class<T> type) throws WireException {
        try {
            T message = CBOR.readValue(bytes, offset, length, type);
            if (message == null) {
                throw new WireException("an empty " + type.getSimpleName() + " message");
            }
            return message;
        } catch (WireException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new WireException("a malformed " + type.getSimpleName() + " message: " + firstLine(e), e);
        }
    }

    private static String firstLine(Exception e) {
        String text = String.valueOf(e.getMessage());
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
