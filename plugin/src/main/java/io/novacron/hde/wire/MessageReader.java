package io.novacron.hde.wire;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Takes framed messages off a tunnel. Allocates at most what the protocol allows for one message. One thread. */
public final class MessageReader {
    private final DataInputStream in;
    private volatile long bytesRead;

    public MessageReader(InputStream in) {
        this.in = new DataInputStream(in);
    }

    /** Bytes read so far, framing included and after decryption. */
    public long bytesRead() {
        return bytesRead;
    }

    /**
     * Waits for the next message.
     *
     * @return null when the connection ended between two messages
     * @throws WireException when what came is no message of this protocol
     * @throws EOFException when the connection ended within a message
     * @throws IOException when it is broken
     */
    public Message read() throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        int length;
        byte[] bytes;
        try {
            length = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
            if (length < 1 || length > Protocol.MAX_MESSAGE_BYTES) {
                throw new WireException("a message of " + Integer.toUnsignedString(length)
                        + " bytes; the protocol allows 1 to " + Protocol.MAX_MESSAGE_BYTES);
            }
            bytes = new byte[length];
            in.readFully(bytes);
        } catch (EOFException e) {
            throw ended(e);
        }
        bytesRead = bytesRead + 4L + length;
        return parse(bytes);
    }

    private static EOFException ended(EOFException cause) {
        EOFException e = new EOFException("the connection has ended within a message");
        e.initCause(cause);
        return e;
    }

    private static Message parse(byte[] bytes) throws WireException {
        int type = bytes[0];
        return switch (type) {
            case MessageType.HELLO -> control(bytes, Message.Hello.class);
            case MessageType.WELCOME -> control(bytes, Message.Welcome.class);
            case MessageType.BEGIN -> control(bytes, Message.Begin.class);
            case MessageType.REFUSE -> control(bytes, Message.Refuse.class);
            case MessageType.END -> control(bytes, Message.End.class);
            case MessageType.NAK -> control(bytes, Message.Nak.class);
            case MessageType.RETURN_END -> control(bytes, Message.ReturnEnd.class);
            case MessageType.COMMIT -> control(bytes, Message.Commit.class);
            case MessageType.COMMITTED -> control(bytes, Message.Committed.class);
            case MessageType.BATCH -> new Message.Batch(number(bytes), ByteBuffer.wrap(bytes, 9, bytes.length - 9));
            case MessageType.RESEND -> new Message.Resend(number(bytes), ByteBuffer.wrap(bytes, 9, bytes.length - 9));
            case MessageType.RETURN -> new Message.Return(ByteBuffer.wrap(bytes, 1, bytes.length - 1));
            case MessageType.DICTIONARY -> dictionary(bytes);
            case MessageType.ACK -> ack(bytes);
            case MessageType.PING -> new Message.Ping(onlyNumber(bytes));
            case MessageType.PONG -> new Message.Pong(onlyNumber(bytes));
            case MessageType.OPEN -> control(bytes, Message.Open.class);
            case MessageType.RESUME -> control(bytes, Message.Resume.class);
            case MessageType.RESUMED -> control(bytes, Message.Resumed.class);
            case MessageType.RECEIVED -> new Message.Received(onlyNumber(bytes));
            case MessageType.CLOSE -> control(bytes, Message.Close.class);
            case MessageType.DATA -> new Message.Data(ByteBuffer.wrap(bytes, 1, bytes.length - 1));
            case MessageType.DATA_END -> control(bytes, Message.DataEnd.class);
            case MessageType.ASK -> control(bytes, Message.Ask.class);
            case MessageType.STANDING -> control(bytes, Message.Standing.class);
            default -> throw new WireException("a message of unknown type " + type);
        };
    }

    private static <T extends Message> T control(byte[] bytes, Class<T> type) throws WireException {
        if (bytes.length > Protocol.MAX_CONTROL_BYTES) {
            throw new WireException("a " + type.getSimpleName() + " message of " + bytes.length
                    + " bytes; the protocol allows " + Protocol.MAX_CONTROL_BYTES);
        }
        return ControlMessages.read(bytes, 1, bytes.length - 1, type);
    }

    private static Message.Dictionary dictionary(byte[] bytes) throws WireException {
        if (bytes.length > 1 + Integer.BYTES + Protocol.MAX_DICTIONARY_BYTES) {
            throw new WireException("a Dictionary message of " + bytes.length + " bytes");
        }
        return new Message.Dictionary(ByteBuffer.wrap(bytes, 1, bytes.length - 1));
    }

    private static Message.Ack ack(byte[] bytes) throws WireException {
        if (bytes.length != 13) {
            throw new WireException("a message of type " + bytes[0] + " and length " + bytes.length + " instead of 13");
        }
        return new Message.Ack(
                number(bytes), Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt(9)));
    }

    private static long onlyNumber(byte[] bytes) throws WireException {
        if (bytes.length != 9) {
            throw new WireException("a message of type " + bytes[0] + " and length " + bytes.length + " instead of 9");
        }
        return number(bytes);
    }

    private static long number(byte[] bytes) throws WireException {
        if (bytes.length < 9) {
            throw new WireException("a message of type " + bytes[0] + " without its number");
        }
        return ByteBuffer.wrap(bytes).getLong(1);
    }
}
