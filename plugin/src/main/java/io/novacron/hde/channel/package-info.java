/**
 * The two ends of a channel: the pipelines that carry one connection of QEMU through a tunnel.
 *
 * <pre>
 *   SourceChannel                                             DestinationChannel
 *   QEMU ─▶ encode ─▶ (packers) ─▶ send ════ tunnel ════▶ receive ─▶ rebuild ─▶ QEMU
 *              ▲                                                       │
 *              └── Window ◀── receive ◀═══════════════ acknowledgements ┘
 *   QEMU ◀──────────────────── receive ◀══════════════ return ◀───────────────── QEMU
 * </pre>
 *
 * <p>The Window is what makes QEMU wait: it admits a new segment only while little enough is on its way.
 */
package io.novacron.hde.channel;
