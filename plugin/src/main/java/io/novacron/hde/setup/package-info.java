/**
 * Two hosts become each other's peers: {@code hde setup}.
 *
 * <p>{@link io.novacron.hde.setup.Setup} does to both hosts the same, through a {@code Shell} each: that of this host, and
 * ssh to the other. It looks at both first ({@code HostState}), decides, and only then changes something: certificates
 * ({@code Certificates}, by openssl), then the configuration, each put in its place only when it has been checked there.
 */
package io.novacron.hde.setup;
