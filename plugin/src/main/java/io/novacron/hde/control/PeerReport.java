package io.novacron.hde.control;

/**
 * A configured peer.
 *
 * @param address HOST:PORT as configured
 * @param sending open channels to it
 * @param receiving open channels from it
 * @param lastError what went wrong with it last; null when nothing did
 */
public record PeerReport(String name, String address, int sending, int receiving, String lastError) {}
