package io.novacron.hde.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.novacron.hde.qemu.monitor.Monitor;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A QEMU for benchmarks, and its monitor. */
final class RunningQemu implements Monitor {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Process process;
    private final Path directory;
    private final SocketChannel socket;
    private final BufferedReader in;

    private RunningQemu(Process process, Path directory, SocketChannel socket) {
        this.process = process;
        this.directory = directory;
        this.socket = socket;
        this.in = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
    }

    static RunningQemu start(Path directory, List<String> arguments) throws IOException, InterruptedException {
        Path monitor = directory.resolve("qmp.sock");
        List<String> command = new ArrayList<>(List.of(
                "qemu-system-x86_64",
                "-display",
                "none",
                "-nodefaults",
                "-qmp",
                "unix:" + monitor + ",server=on,wait=off"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).inheritIO().start();
        long deadline = System.nanoTime() + START_NANOS;
        while (true) {
            try {
                RunningQemu qemu =
                        new RunningQemu(process, directory, SocketChannel.open(UnixDomainSocketAddress.of(monitor)));
                qemu.in.readLine();
                qemu.qmp("{\"execute\":\"qmp_capabilities\"}");
                return qemu;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw new IOException("QEMU did not start: " + command, e);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    long pid() {
        return process.pid();
    }

    @Override
    public String human(String command) throws IOException {
        String answer = qmp(JSON.writeValueAsString(
                Map.of("execute", "human-monitor-command", "arguments", Map.of("command-line", command))));
        return JSON.readTree(answer).path("return").asText();
    }

    @Override
    public String qmp(String command) throws IOException {
        socket.write(ByteBuffer.wrap(command.getBytes(StandardCharsets.UTF_8)));
        while (true) {
            String line = in.readLine();
            if (line == null) {
                throw new IOException("QEMU has ended");
            }
            JsonNode answer = JSON.readTree(line);
            if (!answer.has("event")) {
                return line;
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            socket.close();
            Files.deleteIfExists(directory.resolve("qmp.sock"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
