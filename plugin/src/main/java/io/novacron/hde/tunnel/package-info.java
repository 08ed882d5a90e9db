/**
 * The tunnel: an authenticated connection between two agents that carries one channel.
 *
 * <p>A {@link io.novacron.hde.tunnel.TunnelDialer} opens one to a peer, a {@link io.novacron.hde.tunnel.TunnelListener}
 * accepts those of peers; either yields a {@link io.novacron.hde.tunnel.Tunnel}, through which messages pass both ways,
 * over one {@link io.novacron.hde.tunnel.Connection} after the other: {@link io.novacron.hde.tunnel.Redial} replaces a
 * lost one, {@link io.novacron.hde.tunnel.PeerReturns} waits for its replacement.
 * Both ends prove who they are by certificate (TLS 1.3, RFC 8446), and only peers that are configured get further than
 * the handshake.
 */
package io.novacron.hde.tunnel;
