package io.novacron.hde.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Frames messages: u32 length of what follows, u8 type, payload. All integers big-endian. Thread-safe. */
public final class MessageWriter {
    private static final int COPY_BYTES = 32 << 10;

    private final OutputStream out;
    private final byte[] buffer = new byte[COPY_BYTES];
    private volatile long bytesWritten;

    public MessageWriter(OutputStream out) {
        this.out = out;
    }

    /** Bytes written so far, framing included and before encryption. Does not wait for who is writing. */
    public long bytesWritten() {
        return bytesWritten;
    }

    /**
     * Writes one message and flushes.
     *
     * @throws WireException when the message is longer than the protocol allows; nothing was written
     * @throws IOException when the tunnel is broken
     */
    public synchronized void write(Message message) throws IOException {
        if (message instanceof Message.Batch batch) {
            writeBytes(MessageType.BATCH, batch.sequence(), batch.body());
        } else if (message instanceof Message.Resend resend) {
            writeBytes(MessageType.RESEND, resend.sequence(), resend.body());
        } else if (message instanceof Message.Return bytes) {
            writeBytes(MessageType.RETURN, bytes.bytes());
        } else if (message instanceof Message.Dictionary dictionary) {
            writeBytes(MessageType.DICTIONARY, dictionary.body());
        } else if (message instanceof Message.Data data) {
            writeBytes(MessageType.DATA, data.bytes());
        } else if (message instanceof Message.Ack ack) {
            writeAck(ack);
        } else if (message instanceof Message.Ping ping) {
            writeNumber(MessageType.PING, ping.token());
        } else if (message instanceof Message.Pong pong) {
            writeNumber(MessageType.PONG, pong.token());
        } else if (message instanceof Message.Received received) {
            writeNumber(MessageType.RECEIVED, received.messages());
        } else {
            byte[] payload = ControlMessages.write(message);
            start(1 + payload.length, typeOf(message));
            send(5, ByteBuffer.wrap(payload));
        }
        out.flush();
    }

    private static int typeOf(Message message) {
        if (message instanceof Message.Hello) {
            return MessageType.HELLO;
        } else if (message instanceof Message.Welcome) {
            return MessageType.WELCOME;
        } else if (message instanceof Message.Begin) {
            return MessageType.BEGIN;
        } else if (message instanceof Message.Refuse) {
            return MessageType.REFUSE;
        } else if (message instanceof Message.End) {
            return MessageType.END;
        } else if (message instanceof Message.Nak) {
            return MessageType.NAK;
        } else if (message instanceof Message.ReturnEnd) {
            return MessageType.RETURN_END;
        } else if (message instanceof Message.Commit) {
            return MessageType.COMMIT;
        } else if (message instanceof Message.Committed) {
            return MessageType.COMMITTED;
        } else if (message instanceof Message.Open) {
            return MessageType.OPEN;
        } else if (message instanceof Message.Resume) {
            return MessageType.RESUME;
        } else if (message instanceof Message.Resumed) {
            return MessageType.RESUMED;
        } else if (message instanceof Message.Close) {
            return MessageType.CLOSE;
        } else if (message instanceof Message.DataEnd) {
            return MessageType.DATA_END;
        } else if (message instanceof Message.Ask) {
            return MessageType.ASK;
        } else if (message instanceof Message.Standing) {
            return MessageType.STANDING;
        }
        throw new IllegalArgumentException("no type for " + message.getClass());
    }

    private void writeNumber(int type, long number) throws IOException {
        start(9, type);
        putLong(5, number);
        send(13, ByteBuffer.allocate(0));
    }

    private void writeAck(Message.Ack ack) throws IOException {
        start(13, MessageType.ACK);
        putLong(5, ack.sequence());
        int queued = (int) Math.min(ack.queuedBytes(), 0xffff_ffffL);
        for (int i = 0; i < 4; i++) {
            buffer[13 + i] = (byte) (queued >>> (24 - 8 * i));
        }
        send(17, ByteBuffer.allocate(0));
    }

    private void writeBytes(int type, long sequence, ByteBuffer body) throws IOException {
        start(9 + body.remaining(), type);
        putLong(5, sequence);
        send(13, body.duplicate());
    }

    private void writeBytes(int type, ByteBuffer body) throws IOException {
        start(1 + body.remaining(), type);
        send(5, body.duplicate());
    }

    private void start(int length, int type) throws WireException {
        if (length > Protocol.MAX_MESSAGE_BYTES) {
            throw new WireException(
                    "a message of " + length + " bytes exceeds the protocol's " + Protocol.MAX_MESSAGE_BYTES);
        }
        buffer[0] = (byte) (length >>> 24);
        buffer[1] = (byte) (length >>> 16);
        buffer[2] = (byte) (length >>> 8);
        buffer[3] = (byte) length;
        buffer[4] = (byte) type;
    }

    private void putLong(int position, long value) {
        for (int i = 0; i < 8; i++) {
            buffer[position + i] = (byte) (value >>> (56 - 8 * i));
        }
    }

    /** Sends the first {@code filled} bytes of the buffer and then the body, in as few writes as the buffer allows. */
    private void send(int filled, ByteBuffer body) throws IOException {
        bytesWritten = bytesWritten + filled + body.remaining();
        int used = filled;
        do {
            int n = Math.min(body.remaining(), buffer.length - used);
            body.get(buffer, used, n);
            out.write(buffer, 0, used + n);
            used = 0;
        } while (body.hasRemaining());
    }
}
