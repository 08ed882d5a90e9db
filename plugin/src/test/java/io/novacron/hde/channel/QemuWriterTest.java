package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.tunnel.TunnelException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QemuWriterTest {
    private static final int MORE_THAN_ANY_SOCKET_HOLDS = 64 << 20;

    @Test
    void aQemuThatDoesNotReadIsNotWaitedForWithoutEnd() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel qemu = SocketChannel.open(server.getLocalAddress());
            try (SocketChannel unread = server.accept()) {
                assertThat(unread.isConnected()).isTrue();
                ChannelId id = Migration.id(false);
                // It never comes to an acknowledgement.
                QemuWriter writer =
                        new QemuWriter(id, qemu, null, null, null, null, new ChannelProgress(id), () -> 0, false);
                CompletableFuture<String> failure = new CompletableFuture<>();
                ChannelThread thread = ChannelThread.start(id, "write", writer::run, failure::complete);
                QemuWriter.Item batch = new QemuWriter.Item.Batch(
                        7, ByteBuffer.allocateDirect(MORE_THAN_ANY_SOCKET_HOLDS), new MemoryTable(List.of()));
                writer.hand(batch);

                writer.finish(300);

                assertThat(failure).isNotDone();
                qemu.close();
                assertThat(failure.get(30, TimeUnit.SECONDS)).contains("QEMU closed its socket", "batch 7");
                thread.join(10_000);
                assertThatThrownBy(() -> writer.hand(batch))
                        .isInstanceOf(TunnelException.class)
                        .hasMessageContaining("batch 7");
                assertThat(writer.ended()).isFalse();
            }
        }
    }
}
