package io.novacron.hde.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What arrives at the socket of a service manager; socat is the manager, and a process of its own the service. */
class ServiceManagerTest {
    private static final Duration WATCHDOG = Duration.ofSeconds(90);

    @TempDir
    private Path directory;

    /** What the process runs whose environment names a socket. */
    static final class Service {
        private Service() {}

        public static void main(String[] arguments) {
            ServiceManager manager = ServiceManager.ofThisProcess();
            manager.ready();
            manager.alive();
            manager.stopping();
            System.out.println(manager.watchdog());
        }
    }

    private List<String> service(Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Service.class.getName());
        builder.environment().keySet().removeAll(List.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines::add);
        }
        assertThat(process.waitFor()).as("%s", lines).isZero();
        return lines;
    }

    @Test
    void allWordsArriveAndTheWatchdogsTimeIsKnown() throws Exception {
        Path socket = directory.resolve("notify");
        Path told = directory.resolve("told");
        Process manager = new ProcessBuilder("socat", "-u", "UNIX-RECV:" + socket, "CREATE:" + told).start();
        try {
            Awaitility.await().until(() -> Files.exists(socket));
            List<String> output = service(Map.of(
                    "NOTIFY_SOCKET", socket.toString(), "WATCHDOG_USEC", Long.toString(WATCHDOG.toNanos() / 1000)));
            assertThat(output).containsExactly("Optional[" + WATCHDOG + "]");
            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(Files.readString(told)).isEqualTo("READY=1WATCHDOG=1STOPPING=1"));
        } finally {
            manager.destroyForcibly().waitFor();
        }
    }

    @Test
    void withoutAManagerNothingIsSaidAndNothingExpected() throws Exception {
        assertThat(service(Map.of("WATCHDOG_USEC", "1000000"))).containsExactly("Optional.empty");
    }

    @Test
    void aManagerThatIsGoneIsLogged() throws Exception {
        List<String> output =
                service(Map.of("NOTIFY_SOCKET", directory.resolve("gone").toString()));
        assertThat(output).hasSize(4);
        assertThat(output.get(0)).endsWith("systemd was not told READY=1: error 2");
    }
}
