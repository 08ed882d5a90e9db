package io.novacron.hde.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stands at the destination where a QEMU would: takes a seed's stream, which has been rebuilt and verified, and forgets it. */
final class SeedSink {
    private static final Logger LOG = LoggerFactory.getLogger(SeedSink.class);

    private static final int BYTES = 256 << 10;

    private SeedSink() {}

    /** Returns the channel's end. The other reads until that is closed or ends its output, and closes then. */
    static SocketChannel open(Path directory) throws IOException {
        SocketPair pair = SocketPair.open(directory);
        Thread thread = new Thread(() -> drain(pair.qemuEnd()), "seed-sink");
        thread.setDaemon(true);
        thread.start();
        return pair.channelEnd();
    }

    private static void drain(SocketChannel from) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES);
        try (from) {
            while (from.read(bytes.clear()) >= 0) {
                // what it holds is in the page store by now
            }
        } catch (IOException e) {
            LOG.debug("the end of a seed", e);
        }
    }
}
