package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NetDevTest {
    private static final String LOOPBACK = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
            """;

    @Test
    void bothDirectionsOfTheLinkAreAdded() {
        assertThat(
                        NetDev.bytes(
                                LOOPBACK
                                        + "  eth0: 1000       7    0    0    0     0          0         0       30       5    0    0    0     0       0          0\n"))
                .isEqualTo(1030);
        // The kernel leaves no blank before a number that fills its column.
        assertThat(NetDev.bytes("eth0:12345678901 7 0 0 0 0 0 0 1 5 0 0 0 0 0 0"))
                .isEqualTo(12345678902L);
    }

    @Test
    void aHostWithoutLinkIsAnError() {
        assertThatThrownBy(() -> NetDev.bytes(LOOPBACK))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("eth0");
    }
}
