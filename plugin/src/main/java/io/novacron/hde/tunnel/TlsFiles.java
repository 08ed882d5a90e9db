package io.novacron.hde.tunnel;

import java.nio.file.Path;

/**
 * Where certificates and keys are, as PEM; by default in libvirt's PKI layout
 * (<a href="https://libvirt.org/kbase/tlscerts.html">libvirt: TLS certificates</a>).
 *
 * @param ca the certificates of the authorities that may sign a peer's
 * @param certificate what this host shows to who connects to it, with its chain
 * @param key the private key of {@code certificate}
 * @param clientCertificate what this host shows to whom it connects
 * @param clientKey the private key of {@code clientCertificate}
 */
public record TlsFiles(Path ca, Path certificate, Path key, Path clientCertificate, Path clientKey) {}
