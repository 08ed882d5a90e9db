package io.novacron.hde.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A unix socket whose whole conversation has one time limit; Java's own have none. */
final class TimedChannel implements AutoCloseable {
    private static final int CHUNK = 16 << 10;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final long end;

    TimedChannel(SocketChannel channel, Duration limit) throws IOException {
        this.channel = channel;
        this.end = System.nanoTime() + limit.toNanos();
        channel.configureBlocking(false);
        this.selector = Selector.open();
        this.key = channel.register(selector, 0);
    }

    /**
     * Reads up to a line break, or to the end where there is none.
     *
     * @param limit the most bytes to read
     * @throws MessageTooLongException when more come
     */
    byte[] readLine(int limit) throws IOException {
        return read(limit, true);
    }

    /** As {@link #readLine}, up to the end. */
    byte[] readAll(int limit) throws IOException {
        return read(limit, false);
    }

    private byte[] read(int limit, boolean line) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (true) {
            int count = channel.read(chunk.clear());
            if (count < 0) {
                return bytes.toByteArray();
            }
            for (int i = 0; line && i < count; i++) {
                if (chunk.get(i) == '\n') {
                    bytes.write(chunk.array(), 0, i);
                    return bytes.toByteArray();
                }
            }
            bytes.write(chunk.array(), 0, count);
            if (bytes.size() > limit) {
                throw new MessageTooLongException(limit);
            }
            if (count == 0) {
                await(SelectionKey.OP_READ);
            }
        }
    }

    void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (channel.write(buffer) == 0) {
                await(SelectionKey.OP_WRITE);
            }
        }
    }

    private void await(int operation) throws IOException {
        key.interestOps(operation);
        long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (millis <= 0 || (selector.select(millis) == 0 && end - System.nanoTime() <= 0)) {
            throw new SocketTimeoutException("no answer in time");
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            selector.close();
        }
    }

    /** More than the other side may say. */
    static final class MessageTooLongException extends IOException {
        private static final long serialVersionUID = 1;

        MessageTooLongException(int limit) {
            super("longer than " + limit + " bytes");
        }
    }
}
