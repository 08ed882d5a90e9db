package io.novacron.hde.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Answers {@code GET /metrics} and {@code GET /healthz} over HTTP. Whoever can connect may ask, and learns names of VMs and
 * what their migrations came to.
 */
public final class MetricsServer implements AutoCloseable {
    private static final int BACKLOG = 16;
    private static final int THREADS = 2;
    private static final int WAITING = 16;
    private static final long IDLE_SECONDS = 10;

    /** The JDK's server waits for ever for the rest of a question, unless it is told in seconds before it is first used. */
    private static final String LONGEST_QUESTION = "sun.net.httpserver.maxReqTime";

    private static final String LONGEST_ANSWER = "sun.net.httpserver.maxRspTime";
    private static final String SECONDS = "5";

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;

    private final HttpServer server;
    private final ExecutorService threads;

    /**
     * Whether the agent works.
     *
     * @param text one line, why or why not
     */
    public record Health(boolean good, String text) {}

    /**
     * Begins to listen.
     *
     * @param health asked each time
     * @throws IOException if the address cannot be had
     */
    public MetricsServer(InetSocketAddress address, Supplier<Health> health, ChannelMetrics channels, HostMetrics host)
            throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("there is no host " + address.getHostString());
        }
        limit(LONGEST_QUESTION);
        limit(LONGEST_ANSWER);
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(channels);
        registry.register(host);
        server = HttpServer.create(address, BACKLOG);
        server.createContext("/metrics", only("/metrics", new MetricsHandler(registry)));
        server.createContext("/healthz", only("/healthz", exchange -> answer(exchange, health.get())));
        server.createContext("/", exchange -> answer(exchange, NOT_FOUND, "there are /metrics and /healthz"));
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING), work -> {
                    Thread thread = new Thread(work, "metrics");
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        threads = pool;
        server.setExecutor(threads);
        server.start();
    }

    private static void limit(String property) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, SECONDS);
        }
    }

    /** The port that it listens on. */
    int port() {
        return server.getAddress().getPort();
    }

    /** The server's own rule is that a context answers for all that begins like it. */
    private static HttpHandler only(String path, HttpHandler handler) {
        return exchange -> {
            String method = exchange.getRequestMethod();
            if (!exchange.getRequestURI().getPath().equals(path)) {
                answer(exchange, NOT_FOUND, "there are /metrics and /healthz");
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                answer(exchange, NOT_ALLOWED, "only GET and HEAD");
            } else {
                handler.handle(exchange);
            }
        };
    }

    private static void answer(HttpExchange exchange, Health health) throws IOException {
        answer(exchange, health.good() ? OK : UNAVAILABLE, health.text());
    }

    private static void answer(HttpExchange exchange, int status, String line) throws IOException {
        try (exchange) {
            byte[] body = (line + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, head ? -1 : body.length);
            if (!head) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
