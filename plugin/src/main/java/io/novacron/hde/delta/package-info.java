/**
 * Deltas: what must be known beside a base to have a target.
 *
 * <p>Each way of making one is a {@link io.novacron.hde.delta.DeltaAlgorithm}, which names itself on the wire and in
 * the store by a byte; {@link io.novacron.hde.delta.DeltaAlgorithms} is the list of them. All but zstd's own write
 * several streams, each of one kind of thing, which {@link io.novacron.hde.delta.DeltaStreams} compresses and lays out;
 * {@code docs/protocol.md} has the bytes. Base and target are any two runs of bytes, as a rule pages laid end to end. Nothing here knows of pages or checks content: a delta applied
 * to another base, or a damaged one, may decode to wrong bytes of the right length, and the caller's PageIds find out.
 */
package io.novacron.hde.delta;
