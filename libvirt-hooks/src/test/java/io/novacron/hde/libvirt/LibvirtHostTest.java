package io.novacron.hde.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LibvirtHostTest {
    /** libvirt's own test driver, in this process. */
    private static final String URI = "test:///default";

    @Test
    void itsDomainsAndItsMemoryAreTold() throws Exception {
        assertThat(LibvirtHost.domains(URI))
                .singleElement()
                .isEqualTo(
                        new LibvirtHost.ActiveDomain("test", "6695eb01-f6a4-8304-79aa-97f2502e193f", 8L << 30, true));
        LibvirtHost.availableMemory(URI).ifPresent(bytes -> assertThat(bytes).isPositive());
    }

    @Test
    void whoDoesNotAnswerIsNamed() {
        String nowhere = "qemu+unix:///system?socket=/nonexistent/socket";
        assertThatThrownBy(() -> LibvirtHost.domains(nowhere))
                .isInstanceOf(LibvirtHost.UnreachableException.class)
                .hasMessageContaining("/nonexistent/socket");
        assertThatThrownBy(() -> LibvirtHost.availableMemory(nowhere))
                .isInstanceOf(LibvirtHost.UnreachableException.class)
                .hasMessageContaining("/nonexistent/socket");
    }
}
