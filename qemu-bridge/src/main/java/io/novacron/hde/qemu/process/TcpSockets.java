package io.novacron.hde.qemu.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The TCP sockets of this network namespace (Linux: {@code net/ipv4/tcp_ipv4.c}, tcp4_seq_show, and the like of IPv6). */
public final class TcpSockets {
    private static final List<String> TABLES = List.of("net/tcp", "net/tcp6");
    private static final String LISTEN = "0A";
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int INODE = 9;

    private final Path proc;

    public TcpSockets() {
        this(Path.of("/proc/self"));
    }

    /** @param proc a directory like {@code /proc/self} */
    TcpSockets(Path proc) {
        this.proc = proc;
    }

    /**
     * All of them, IPv4's first. An IPv4 address that an IPv6 socket has is one of IPv4.
     *
     * @throws IOException when the kernel does not say
     */
    public List<TcpSocket> list() throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String table : TABLES) {
            List<String> lines;
            try {
                lines = Files.readAllLines(proc.resolve(table), StandardCharsets.US_ASCII);
            } catch (NoSuchFileException e) {
                // a kernel without IPv6
                continue;
            }
            // the first line has the names of the columns
            for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
                sockets.add(parse(line));
            }
        }
        return sockets;
    }

    private static TcpSocket parse(String line) throws IOException {
        String[] fields = line.strip().split(" +", -1);
        try {
            return new TcpSocket(
                    address(fields[LOCAL]),
                    address(fields[REMOTE]),
                    fields[STATE].equals(LISTEN),
                    Long.parseLong(fields[INODE]));
        } catch (RuntimeException e) {
            throw new IOException("not a line of the kernel's table of TCP sockets: " + line, e);
        }
    }

    /** Words of 32 bits as they lie in memory, each printed as a number of this machine's; then the port. */
    private static InetSocketAddress address(String text) throws UnknownHostException {
        int colon = text.indexOf(':');
        byte[] words = HexFormat.of().parseHex(text.substring(0, colon));
        ByteBuffer printed = ByteBuffer.wrap(words);
        ByteBuffer address = ByteBuffer.allocate(words.length).order(ByteOrder.nativeOrder());
        while (printed.hasRemaining()) {
            address.putInt(printed.getInt());
        }
        return new InetSocketAddress(
                InetAddress.getByAddress(address.array()), Integer.parseInt(text.substring(colon + 1), 16));
    }
}
