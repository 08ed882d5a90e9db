package io.novacron.hde.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlAccess;
import io.novacron.hde.control.ControlHandler;
import io.novacron.hde.control.ControlServer;
import io.novacron.hde.control.PeerReport;
import io.novacron.hde.control.Release;
import io.novacron.hde.control.StatusReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentCheckTest {
    @TempDir
    private Path directory;

    private String metrics = "none";

    private HdeConfig config() throws Exception {
        return new Made(directory)
                .config("host: {name: a}\npeers: {b: {address: b.example}}\nsockets: {directory: " + directory
                        + "}\nmetrics: {listen: '" + metrics + "'}\n");
    }

    private List<String> problems() throws Exception {
        return Made.problems(new AgentCheck(config(), directory.resolve("hde.yaml")));
    }

    private List<String> problemsBeside(StatusReport status) throws Exception {
        ControlHandler handler = (ControlHandler) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ControlHandler.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("status");
                    return status;
                });
        try (ControlServer server =
                new ControlServer(config().sockets().control(), handler, ControlAccess.rootOnly())) {
            assertThat(server).isNotNull();
            return problems();
        }
    }

    private static StatusReport status(String host, String version, String address) {
        return new StatusReport(
                host, version, true, List.of(new PeerReport("b", address, 0, 0, null)), List.of(), List.of());
    }

    @Test
    void anAgentThatIsRight() throws Exception {
        assertThat(problemsBeside(status("a", Release.name(), "b.example:7420")))
                .isEmpty();
    }

    @Test
    void noAgent() throws Exception {
        Path socket = config().sockets().control();
        assertThat(problems()).containsExactly("no agent runs: there is no socket " + socket);
        Files.createFile(socket);
        assertThat(problems()).singleElement().asString().startsWith("no agent answers on " + socket);
    }

    @Test
    void anotherReleaseOrConfiguration() throws Exception {
        assertThat(problemsBeside(status("a", "hde 0.0", "b.example:7420")))
                .containsExactly("the agent that runs is hde 0.0, this command is " + Release.name());
        assertThat(problemsBeside(status("a", Release.name(), "other.example:7420")))
                .singleElement()
                .asString()
                .contains("runs with another configuration");
        assertThat(problemsBeside(status("z", Release.name(), "b.example:7420")))
                .singleElement()
                .asString()
                .contains("it is host z");
    }

    @Test
    void whatTheAgentSaysOfItself() throws Exception {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread answer = new Thread(() -> answerOnce(server), "health");
        answer.start();
        metrics = "127.0.0.1:" + server.getLocalPort();
        StatusReport right = status("a", Release.name(), "b.example:7420");
        assertThat(problemsBeside(right))
                .containsExactly("the agent says that it cannot work: no connection to libvirt: gone");
        answer.join();
        server.close();
        try (ServerSocket free = new ServerSocket(0)) {
            metrics = "127.0.0.1:" + free.getLocalPort();
        }
        assertThat(problemsBeside(right)).singleElement().asString().startsWith("nobody answers on " + metrics);
    }

    /** Not by the JDK's server: what limits that is read once in a process, and MetricsTest needs its own. */
    private static void answerOnce(ServerSocket server) {
        String text = "no connection to libvirt: gone\n";
        try (Socket question = server.accept()) {
            question.getInputStream().read(new byte[1024]);
            String head = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: ";
            question.getOutputStream()
                    .write((head + text.length() + "\r\n\r\n" + text).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
