package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** QEMU's monitor (QMP): one command after the other; events in between are not looked at. */
final class Qmp implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** QEMU has refused a command. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private final SocketChannel socket;
    private final BufferedReader in;

    private Qmp(SocketChannel socket) {
        this.socket = socket;
        this.in = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
    }

    /** Empty as long as nobody listens there. */
    static Optional<Qmp> connect(Path path) {
        try {
            Qmp qmp = new Qmp(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            qmp.in.readLine();
            qmp.command("execute", "qmp_capabilities", Map.of("enable", List.of("oob")));
            return Optional.of(qmp);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** What QEMU returns. */
    JsonNode execute(String command, Map<String, ?> arguments) throws RefusedException {
        return execute("execute", command, arguments);
    }

    /** The same, even while QEMU's main thread waits for a page; few commands can be executed so. */
    JsonNode executeOutOfBand(String command, Map<String, ?> arguments) throws RefusedException {
        return execute("exec-oob", command, arguments);
    }

    private JsonNode execute(String how, String command, Map<String, ?> arguments) throws RefusedException {
        try {
            JsonNode answer = command(how, command, arguments);
            if (answer.has("error")) {
                throw new RefusedException(answer.path("error").path("desc").asText());
            }
            return answer.path("return");
        } catch (IOException e) {
            throw new RefusedException("QEMU has ended (" + e.getMessage() + ")");
        }
    }

    private JsonNode command(String how, String command, Map<String, ?> arguments) throws IOException {
        return command(JSON.writeValueAsString(Map.of(how, command, "arguments", arguments)));
    }

    /** The same with a whole command and the whole answer. */
    JsonNode command(String command) throws IOException {
        socket.write(ByteBuffer.wrap(command.getBytes(StandardCharsets.UTF_8)));
        while (true) {
            String line = in.readLine();
            if (line == null) {
                throw new IOException("its monitor has closed");
            }
            JsonNode answer = JSON.readTree(line);
            if (!answer.has("event")) {
                return answer;
            }
        }
    }

    @Override
    public void close() {
        try {
            command("execute", "quit", Map.of());
        } catch (IOException e) {
            // gone already
        }
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
