package io.novacron.hde.tunnel;

import java.io.IOException;

/** How one end of a tunnel comes to another connection when one is lost. */
interface Resumption {
    /**
     * Returns when the tunnel has a connection again.
     *
     * @param cause what the last one was lost by
     * @throws TunnelException when there will be none
     */
    void resume(Tunnel tunnel, IOException cause) throws TunnelException;
}
