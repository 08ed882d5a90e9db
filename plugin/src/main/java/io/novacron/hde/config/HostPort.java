package io.novacron.hde.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network address.
 *
 * @param host a name or an IP address, IPv6 without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
    static final String ALLOWED = "HOST, HOST:PORT or \"[IPv6]:PORT\", port 1 to 65535";
    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::([0-9]{1,5}))?");
    private static final Pattern IPV6 = Pattern.compile("\\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?)](?::([0-9]{1,5}))?");

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException with the reason
     */
    static HostPort parse(String text, int defaultPort) {
        Matcher matcher = NAME.matcher(text);
        boolean literal = false;
        if (!matcher.matches()) {
            matcher = IPV6.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("not an address");
            }
            literal = true;
        }
        String host = matcher.group(1);
        if (literal && !isIpv6(host)) {
            throw new IllegalArgumentException("not an IPv6 address");
        }
        int port = matcher.group(2) == null ? defaultPort : Integer.parseInt(matcher.group(2));
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("an address whose port is out of range");
        }
        return new HostPort(host, port);
    }

    /** With a colon in it, this never asks a name server; a scope is left out, as its interface may be down. */
    private static boolean isIpv6(String host) {
        int scope = host.indexOf('%');
        String address = scope < 0 ? host : host.substring(0, scope);
        try {
            return address.contains(":") && InetAddress.getByName(address) != null;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Resolves the host now; {@link InetSocketAddress#isUnresolved} tells whether that worked. */
    public InetSocketAddress resolve() {
        return new InetSocketAddress(host, port);
    }

    /** In the form in which it is configured. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
