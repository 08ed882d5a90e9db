package io.novacron.hde.agent;

import io.novacron.hde.config.PortRange;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's rule that sends this host's connections to peers' migration ports to the agent: nftables' table
 * {@code inet hde}, made by an {@code nft} that runs as long as the agent wants the table. The table belongs to that
 * process (flag owner): when it ends, and it does when the agent does, however that ends, the kernel removes the table.
 * So there is never a rule that leads to nobody.
 *
 * <p>What the agent connects itself must not come back to it. It marks these connections with a value of DSCP, which Java
 * can set, and the rule lets that pass.
 */
final class RedirectRule implements AutoCloseable {
    /** DSCP 3 (of the pool for local use, RFC 2474), as IP_TOS wants it. */
    static final int MARK = 0x0c;

    static final String TABLE = "inet hde";

    private static final long PATIENCE_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 50;
    private static final int MOST_SAID = 2_000;

    private final Process nft;
    private final Writer commands;
    private final StringBuilder said = new StringBuilder();

    /** Makes the table, with nothing in it yet. */
    RedirectRule() throws IOException {
        try {
            nft = new ProcessBuilder("nft", "-i").redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException("transparent mode needs the command nft (package nftables): " + e.getMessage(), e);
        }
        commands = nft.outputWriter(StandardCharsets.US_ASCII);
        Thread thread = new Thread(this::listen, "nft");
        thread.setDaemon(true);
        thread.start();
        try {
            command("table " + TABLE
                    + " { flags owner; chain output { type nat hook output priority -100; policy accept; }; }");
            await("flags owner");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void listen() {
        try (BufferedReader reader = nft.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (said) {
                    said.append(line).append(' ');
                    said.delete(0, Math.max(0, said.length() - MOST_SAID));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // it has ended
        }
    }

    /**
     * Sends connections to these addresses and ports to a port of this host; no others any more.
     *
     * @throws IOException with what nft says against it; then nothing is sent here
     */
    void redirect(Map<InetAddress, PortRange> targets, int port) throws IOException {
        List<String> parts = new ArrayList<>();
        parts.add("flush chain " + TABLE + " output");
        parts.add(rule("fib daddr type local return"));
        parts.add(rule("ip dscp " + (MARK >> 2) + " return"));
        parts.add(rule("ip6 dscp " + (MARK >> 2) + " return"));
        targets.forEach((address, ports) -> parts.add(rule((address instanceof Inet4Address ? "ip" : "ip6") + " daddr "
                + literal(address) + " tcp dport " + ports + " redirect to :" + port)));
        // one line is one transaction
        command(String.join("; ", parts));
        await("redirect to :" + port);
    }

    private static String rule(String text) {
        return "add rule " + TABLE + " output " + text;
    }

    /** Without the name of an interface. */
    private static String literal(InetAddress address) {
        return address.getHostAddress().replaceAll("%.*", "");
    }

    /** Sends no new connection here; those that there are go on, for which the table has to stay. */
    void clear() throws IOException {
        // only a rule that asks for a connection's state or changes it has the kernel follow connections, and translate
        // them
        command("flush chain " + TABLE + " output; " + rule("ct state new return"));
        for (long left = PATIENCE_MILLIS; list().contains("redirect"); left -= LOOK_MILLIS) {
            pause(left, "the rule is still there");
        }
    }

    /** Whether the table is there. */
    boolean isThere() {
        return nft.isAlive();
    }

    private void command(String line) throws IOException {
        synchronized (said) {
            said.setLength(0);
        }
        commands.write(line + "\n");
        commands.flush();
    }

    private void await(String text) throws IOException {
        for (long left = PATIENCE_MILLIS; !list().contains(text); left -= LOOK_MILLIS) {
            pause(nft.isAlive() && said().isEmpty() ? left : 0, "the kernel's table " + TABLE + " could not be made");
        }
    }

    private void pause(long left, String problem) throws IOException {
        if (left <= 0) {
            throw new IOException(problem + ": nft says: " + said() + "(Linux 5.12 and nftables 1.0 are needed)");
        }
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private String said() {
        synchronized (said) {
            return said.toString();
        }
    }

    /** The table as the kernel has it; empty if there is none. */
    static String list() throws IOException {
        Process list = new ProcessBuilder("nft", "list", "table", "inet", "hde")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader reader = list.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder text = new StringBuilder();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                text.append(line).append('\n');
            }
            return text.toString();
        }
    }

    /** Removes the table. */
    @Override
    public void close() {
        try {
            commands.close();
        } catch (IOException e) {
            // it has ended already
        }
        try {
            if (!nft.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                nft.destroyForcibly();
            }
        } catch (InterruptedException e) {
            nft.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
