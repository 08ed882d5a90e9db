package io.novacron.hde.tunnel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A link between two agents that a test can cut or silence: it hands on what it gets, up to so many bytes. */
public final class Relay implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private volatile int target;
    private final long cutAfter;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean silent;
    private final AtomicInteger connections = new AtomicInteger();

    /** @param cutAfter how many bytes from the source it hands on before it drops the connection; so for each */
    public Relay(int target, long cutAfter) throws IOException {
        this.target = target;
        this.cutAfter = cutAfter;
        start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    /** New connections go to this port. */
    public void target(int port) {
        target = port;
    }

    /** How many connections there have been. */
    public int connections() {
        return connections.get();
    }

    /** From now on nothing gets through, and nobody is told; or all gets through again. */
    public void silent(boolean now) {
        silent = now;
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket from = server.accept();
                Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(from);
                sockets.add(to);
                connections.incrementAndGet();
                if (server.isClosed()) {
                    cut();
                }
                start(() -> pump(from, to, cutAfter));
                start(() -> pump(to, from, Long.MAX_VALUE));
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    private void pump(Socket from, Socket to, long most) {
        byte[] buffer = new byte[16 << 10];
        long left = most;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            while (left > 0) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                while (silent) {
                    Thread.sleep(10);
                }
                if (n < 0) {
                    to.shutdownOutput();
                    return;
                }
                out.write(buffer, 0, n);
                left -= n;
            }
        } catch (IOException | InterruptedException e) {
            // one end has closed: so does the other
        }
        drop(from);
        drop(to);
    }

    /** Drops everything, as a link that breaks. */
    public void cut() {
        sockets.forEach(Relay::drop);
    }

    private static void drop(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        silent = false;
        cut();
    }
}
