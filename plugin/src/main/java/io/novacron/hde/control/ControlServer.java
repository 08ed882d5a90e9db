package io.novacron.hde.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on the control socket until it is closed. A client may send at most {@value #LONGEST_REQUEST} bytes and take
 * {@link #DEFAULT_LIMIT} in all; beyond {@value #CLIENTS} at a time, clients are turned away.
 */
public final class ControlServer implements AutoCloseable {
    /** How long one client may take. */
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int LONGEST_REQUEST = 4096;
    private static final int CLIENTS = 8;
    private static final long IDLE_SECONDS = 10;

    private final Path path;
    private final ControlHandler handler;
    private final ControlAccess access;
    private final Credentials credentials;
    private final UserPrincipal agent;
    private final Duration limit;
    private final JsonMapper mapper = ControlJson.mapper();
    private final ServerSocketChannel server;
    private final Object fileKey;
    private final ThreadPoolExecutor clients;
    private final Thread acceptor = new Thread(this::accept, "control");

    /** Who a client is. */
    interface Credentials {
        UserPrincipal user(SocketChannel client) throws IOException;
    }

    /**
     * Begins to answer.
     *
     * @param path of the socket; its directory must exist
     * @throws IOException when it cannot be made, or another agent answers on it already
     */
    public ControlServer(Path path, ControlHandler handler, ControlAccess access) throws IOException {
        this(path, handler, access, ControlServer::kernelsWord, DEFAULT_LIMIT);
    }

    ControlServer(Path path, ControlHandler handler, ControlAccess access, Credentials credentials, Duration limit)
            throws IOException {
        this.path = Objects.requireNonNull(path, "path");
        this.handler = Objects.requireNonNull(handler, "handler");
        this.access = access;
        this.credentials = credentials;
        this.limit = limit;
        if (isAnswering(path)) {
            throw new IOException("another agent runs already: it answers on " + path);
        }
        this.server = bind(path);
        this.fileKey = fileKey(path);
        this.agent = Files.getOwner(path);
        this.clients =
                new ThreadPoolExecutor(0, CLIENTS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                    Thread thread = new Thread(work, "control-client");
                    thread.setDaemon(true);
                    return thread;
                });
        acceptor.setDaemon(true);
        acceptor.start();
    }

    static UserPrincipal kernelsWord(SocketChannel client) throws IOException {
        return client.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
    }

    private static boolean isAnswering(Path path) {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** In a directory of its own first: nobody else can reach the socket before its mode is set. */
    private ServerSocketChannel bind(Path path) throws IOException {
        Path directory = Files.createTempDirectory(
                path.toAbsolutePath().getParent(),
                ".c",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path hidden = directory.resolve("s");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(hidden));
            access.apply(hidden);
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        } finally {
            Files.deleteIfExists(hidden);
            Files.delete(directory);
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                try {
                    clients.execute(() -> serve(client));
                } catch (RejectedExecutionException e) {
                    client.close();
                }
            } catch (AsynchronousCloseException e) {
                return;
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("The control socket {} failed to accept: {}", path, e.toString());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel client) {
        try (TimedChannel channel = new TimedChannel(client, limit)) {
            channel.write(answer(channel, credentials.user(client)));
        } catch (IOException e) {
            LOG.debug("A client of the control socket went away: {}", e.toString());
        }
    }

    private byte[] answer(TimedChannel channel, UserPrincipal user) throws IOException {
        try {
            String line = new String(channel.readLine(LONGEST_REQUEST), StandardCharsets.UTF_8);
            ControlRequest request = mapper.readValue(line, ControlRequest.class);
            if (request != null) {
                access.check(user, agent, request);
            }
            return document("result", result(request));
        } catch (JsonProcessingException e) {
            return document("error", "not a request: " + e.getOriginalMessage());
        } catch (TimedChannel.MessageTooLongException e) {
            return document("error", "not a request: " + e.getMessage());
        } catch (ControlException e) {
            return document("error", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("A request on the control socket failed", e);
            return document("error", "the agent failed at this: see its log");
        }
    }

    private byte[] document(String name, Object value) throws JsonProcessingException {
        byte[] json = mapper.writeValueAsBytes(Map.of(name, value));
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private Object result(ControlRequest request) throws ControlException {
        if (request instanceof ControlRequest.Status) {
            return handler.status();
        } else if (request instanceof ControlRequest.Baselines) {
            return handler.baselines();
        } else if (request instanceof ControlRequest.Baseline baseline) {
            return handler.baseline(baseline.name());
        } else if (request instanceof ControlRequest.DropBaselines drop) {
            return handler.dropBaselines(drop.name());
        } else if (request instanceof ControlRequest.Dictionaries) {
            return handler.dictionaries();
        } else if (request instanceof ControlRequest.Dictionary dictionary) {
            return handler.dictionary(dictionary.id());
        } else if (request instanceof ControlRequest.TrainDictionaries train) {
            return handler.trainDictionaries(train.type());
        } else if (request instanceof ControlRequest.Transparent) {
            return handler.transparent();
        } else if (request instanceof ControlRequest.SwitchTransparent change) {
            return handler.switchTransparent(change.on());
        } else if (request instanceof ControlRequest.Courses courses) {
            return handler.courses(courses.migration());
        } else if (request instanceof ControlRequest.History) {
            return handler.history();
        } else if (request instanceof ControlRequest.Seeds) {
            return handler.seeds();
        } else if (request instanceof ControlRequest.Seed seed) {
            return handler.seed(seed.vm(), seed.peer(), seed.keepFreshSeconds(), seed.maxBandwidth());
        } else if (request instanceof ControlRequest.StopSeed stop) {
            return handler.stopSeed(stop.vm(), stop.peer());
        } else if (request instanceof ControlRequest.Estimate estimate) {
            return handler.estimate(estimate.vm(), estimate.peer());
        }
        throw new ControlException("an empty request");
    }

    /** Stops answering, waits for answers under way, and removes the socket if it is still this server's. */
    @Override
    public void close() throws IOException {
        server.close();
        clients.shutdown();
        try {
            acceptor.join();
            if (!clients.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                clients.shutdownNow();
            }
        } catch (InterruptedException e) {
            clients.shutdownNow();
            Thread.currentThread().interrupt();
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && fileKey.equals(fileKey(path))) {
            Files.deleteIfExists(path);
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }
}
