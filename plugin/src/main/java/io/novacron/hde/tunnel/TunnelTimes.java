package io.novacron.hde.tunnel;

import java.time.Duration;

/**
 * How long a tunnel waits for what.
 *
 * @param connect for a connection, handshake included
 * @param silence for any sign of life, before a connection counts as lost; both ends give one every second
 * @param resume for another connection in place of a lost one, before the tunnel is given up; zero for not at all
 */
public record TunnelTimes(Duration connect, Duration silence, Duration resume) {}
