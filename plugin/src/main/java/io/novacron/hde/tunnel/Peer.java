package io.novacron.hde.tunnel;

/**
 * Another host that this one may tunnel to and accept tunnels from.
 *
 * @param name its host name in the configuration of both
 * @param host where its agent listens: a DNS name or an address
 * @param port TCP port of its agent
 * @param certificateName a name (subject CN, or alternative DNS name or address) that its certificate must carry; the
 *     value of {@code host} is accepted too
 */
public record Peer(String name, String host, int port, String certificateName) {}
