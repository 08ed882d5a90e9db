package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageReader;
import io.novacron.hde.wire.MessageWriter;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.WireException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;

/** Goes the way of a tunnel to a peer step by step, and tells at which it ends. No channel is opened, no VM touched. */
public final class TunnelProbe {
    /** The steps, one after the other. */
    public enum Step {
        /** The peer's name leads to an address. */
        RESOLVE,
        /** Its port takes a connection. */
        CONNECT,
        /** What listens there speaks TLS as an agent does. */
        TLS,
        /** The certificate that it shows is one of the authority's, and valid now. */
        CERTIFICATE,
        /** That carries the peer's name. */
        CERTIFICATE_NAME,
        /** It trusts this host's certificate. */
        TRUST,
        /** It knows a peer that this is. */
        ADMISSION,
        /** It answers. */
        ANSWER
    }

    /**
     * How far it went.
     *
     * @param failed the step that did not succeed; empty if all did
     * @param reason why it did not; empty likewise
     * @param shown the certificate of the peer, if it came so far
     * @param standing the peer's answer, if it came
     * @param clockMillis how far the peer's clock is ahead of this host's, to half a round trip; 0 without an answer
     */
    public record Result(
            Optional<Step> failed,
            String reason,
            Optional<X509Certificate> shown,
            Optional<Message.Standing> standing,
            long clockMillis) {}

    /** How long a peer that takes nobody may need to say so, at the most, on any link. */
    private static final int ADMISSION_MILLIS = 1_000;

    private final TlsFiles files;
    private final Duration limit;
    private final Message.Ask question;

    /**
     * A probe that can be used for several peers.
     *
     * @param limit for each step
     * @param question what this host says of itself
     */
    public TunnelProbe(TlsFiles files, Duration limit, Message.Ask question) {
        this.files = files;
        this.limit = limit;
        this.question = question;
    }

    /**
     * Probes one peer.
     *
     * @throws TunnelException when this host's own files cannot be used
     */
    public Result probe(Peer peer) throws TunnelException {
        AtomicReference<X509Certificate> shown = new AtomicReference<>();
        TunnelTls tls = new TunnelTls(files, usual -> new SeeingTrustManager(usual, shown::set));
        InetSocketAddress address = new InetSocketAddress(peer.host(), peer.port());
        if (address.isUnresolved()) {
            return failed(Step.RESOLVE, "the name " + peer.host() + " does not resolve", null);
        }
        try (Socket tcp = new Socket()) {
            int millis = Math.toIntExact(limit.toMillis());
            try {
                tcp.connect(address, millis);
            } catch (IOException e) {
                return failed(Step.CONNECT, text(e), null);
            }
            tcp.setSoTimeout(millis);
            SSLSocket socket = tls.connecting(tcp);
            try {
                socket.startHandshake();
            } catch (IOException e) {
                Step step = shown.get() == null ? Step.TLS : isJudgement(e) ? Step.CERTIFICATE : Step.TRUST;
                return failed(step, text(e), shown.get());
            }
            if (!TunnelTls.belongsTo(socket.getSession(), peer)) {
                return failed(Step.CERTIFICATE_NAME, "its names are " + TunnelTls.names(shown.get()), shown.get());
            }
            return ask(socket, shown.get());
        } catch (IOException e) {
            return failed(Step.TLS, text(e), shown.get());
        }
    }

    private Result ask(SSLSocket socket, X509Certificate shown) {
        boolean heard = false;
        try {
            socket.setSoTimeout(ADMISSION_MILLIS);
            awaitAlert(socket);
            socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
            MessageWriter writer = new MessageWriter(socket.getOutputStream());
            MessageReader reader = new MessageReader(socket.getInputStream());
            writer.write(new Message.Open(UUID.randomUUID().toString().replace("-", "")));
            long before = System.currentTimeMillis();
            writer.write(question);
            while (true) {
                Message message = reader.read();
                if (message == null) {
                    throw new EOFException("the connection was ended without a word");
                }
                heard = true;
                if (message instanceof Message.Standing standing) {
                    long clock = standing.clock() - (before + System.currentTimeMillis()) / 2;
                    writer.write(new Message.Close(null));
                    return new Result(Optional.empty(), "", Optional.of(shown), Optional.of(standing), clock);
                } else if (message instanceof Message.Refuse refuse) {
                    return failed(Step.ANSWER, "it refuses: " + PeerText.of(refuse.reason()), shown);
                } else if (message instanceof Message.Close close) {
                    return failed(Step.ANSWER, "it gives up: " + PeerText.of(close.reason()), shown);
                }
                // signs of life
            }
        } catch (SocketTimeoutException e) {
            return failed(Step.ANSWER, "no answer within " + limit.toSeconds() + " s", shown);
        } catch (WireException e) {
            return failed(Step.ANSWER, text(e), shown);
        } catch (EOFException e) {
            return failed(heard ? Step.ANSWER : Step.ADMISSION, text(e), shown);
        } catch (IOException e) {
            // TLS 1.3 judges the client's certificate only after the client has seen the handshake end
            return failed(heard ? Step.ANSWER : Step.TRUST, text(e), shown);
        }
    }

    /** Whether it was this host that did not trust the other. */
    private static boolean isJudgement(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /** A peer that has been greeted says nothing; one that ends the connection could be cut off by what is sent to it. */
    private static void awaitAlert(SSLSocket socket) throws IOException {
        try {
            int first = socket.getInputStream().read();
            throw first < 0
                    ? new EOFException("the connection was ended without a word")
                    : new WireException("something was said before there was a question");
        } catch (SocketTimeoutException e) {
            // admitted, as far as can be told
        }
    }

    private static Result failed(Step step, String reason, X509Certificate shown) {
        return new Result(Optional.of(step), reason, Optional.ofNullable(shown), Optional.empty(), 0);
    }

    /** The innermost reason is what says most: a date, a missing signature. */
    private static String text(IOException e) {
        Throwable deepest = e;
        while (deepest.getCause() != null && deepest.getCause() != deepest) {
            deepest = deepest.getCause();
        }
        return PeerText.of(deepest.getMessage() == null ? deepest.toString() : deepest.getMessage());
    }
}
